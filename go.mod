module github.com/repriselabs/reprise

go 1.26.0

require (
	charm.land/lipgloss/v2 v2.0.6 // cmd: colours
	github.com/aws/aws-sdk-go-v2 v1.47.8 // anthropic/bedrock: signatures
	github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream v1.7.26 // tests: what our decoder of AWS frames is compared with
	github.com/aws/aws-sdk-go-v2/config v1.33.16 // anthropic/bedrock: credentials
	github.com/charmbracelet/colorprofile v0.4.3 // cmd: which colours a terminal has
	github.com/charmbracelet/x/term v0.2.2 // cmd: whether there is a terminal
	github.com/google/go-cmp v0.7.0 // tests
	github.com/google/jsonschema-go v0.4.3 // schemas from Go types, and their validation
	github.com/modelcontextprotocol/go-sdk v1.8.0 // mcp
	github.com/rogpeppe/go-internal v1.16.0 // tests: scripts of the command
	github.com/spf13/cobra v1.10.2 // cmd: commands, flags, help, completion
	go.yaml.in/yaml/v4 v4.0.0 // cassette: files of any shape; release candidates corrupt bodies
	golang.org/x/oauth2 v0.37.0 // vertex, azure: tokens
	gopkg.in/dnaeon/go-vcr.v4 v4.0.7 // tests: what our files must be compatible with
)

require github.com/prometheus/client_golang v1.25.0

require (
	cloud.google.com/go/compute/metadata v0.3.0 // indirect
	github.com/aws/aws-sdk-go-v2/credentials v1.20.16 // indirect
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.8 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/v4a v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.24 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.11 // indirect
	github.com/aws/aws-sdk-go-v2/service/signin v1.12.4 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.39.4 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.44.4 // indirect
	github.com/aws/aws-sdk-go-v2/service/sts v1.51.9 // indirect
	github.com/aws/smithy-go v1.28.8 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/charmbracelet/ultraviolet v0.0.0-20260811164956-006e29f97886 // indirect
	github.com/charmbracelet/x/ansi v0.11.8 // indirect
	github.com/charmbracelet/x/termios v0.1.1 // indirect
	github.com/charmbracelet/x/windows v0.2.2 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.1 // indirect
	github.com/mattn/go-runewidth v0.0.24 // indirect
	github.com/muesli/cancelreader v0.2.2 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/segmentio/asm v1.1.3 // indirect
	github.com/segmentio/encoding v0.5.4 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/xo/terminfo v0.0.0-20220910002029-abceb7e1c41e // indirect
	github.com/yosida95/uritemplate/v3 v3.0.2 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/time v0.15.0 // indirect
	golang.org/x/tools v0.42.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
