/** Of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}
