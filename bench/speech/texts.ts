import { readFile } from 'node:fs/promises'

const read = (name: string) => readFile(new URL(`../../examples/texts/${name}.txt`, import.meta.url), 'utf8')

/** A page in Korean, about four minutes. */
export const newspaper = await read('newspaper.ko')
/** Of a book in English, about six minutes. */
export const chapter = await read('chapter.en')

const PARAGRAPHS = chapter.split('\n').filter((paragraph) => paragraph !== '')

/** As long as this; no two paragraphs are the same, nor those of books that begin at other numbers. */
export function book(characters: number, first = 1): string {
  let text = ''
  for (let number = first; text.length < characters; number++) {
    text += `Paragraph ${number}. ${PARAGRAPHS[number % PARAGRAPHS.length]}\n\n`
  }
  return text.slice(0, characters)
}
