declare module "*.wasm" {
  /** The module's bytes, embedded by the bundler. */
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
