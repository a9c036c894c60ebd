package vertex_test

import (
	"fmt"
	"net/http"

	"github.com/repriselabs/reprise/gemini/vertex"
)

func Example() {
	model, err := vertex.New("gemini-2.5-flash", "my-project", "us-central1")
	if err != nil {
		fmt.Println(err)
		return
	}
	// To record, put a cassette between the model and the credentials:
	// cassette.Transport = model.Client.Transport, then
	model.Client = &http.Client{Transport: &vertex.Transport{}} // = cassette.Client()
	fmt.Println(model.BaseURL)
	// Output:
	// https://us-central1-aiplatform.googleapis.com/v1beta1/projects/my-project/locations/us-central1/publishers/google
}
