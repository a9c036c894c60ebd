// Gone is thrown to leave a stream in its middle.
export class Gone extends Error {
  name = 'Gone';
}
