/** The text of a page, as the bundler of the tests brings it. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}
