/** Enough of a text to know it again: a message must not be as long as what it is about. */
export function beginning(text: string): string {
  const characters = [...text.slice(0, 100)]
  return characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : text
}
