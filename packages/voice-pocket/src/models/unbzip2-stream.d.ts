/** The package has no declarations of its own. */
declare module 'unbzip2-stream' {
  /** Takes what bzip2 has compressed, and gives what it was. */
  export default function unbzip2Stream(): NodeJS.ReadWriteStream
}
