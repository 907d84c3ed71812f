/** Examples that one rule, or one page of a dictionary, decides. */
export interface Cases {
  readonly source: string
  readonly cases: readonly (readonly [original: string, spoken: string])[]
}
