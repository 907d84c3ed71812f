/**
 * Which language a text is in, as far as its script tells. Counted in words, because Korean writes its endings onto
 * foreign words: "Docker와 Kubernetes를 씁니다" has more Latin letters than Hangul and is Korean all the same.
 */

/** Latin is taken for English; who writes another language in it has to say so. */
const LANGUAGES: readonly (readonly [script: RegExp, language: string])[] = [
  [/\p{Script=Hangul}/u, 'ko'],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
  [/\p{Script=Han}/u, 'zh'],
  [/\p{Script=Cyrillic}/u, 'ru'],
  [/\p{Script=Greek}/u, 'el'],
  [/\p{Script=Arabic}/u, 'ar'],
  [/\p{Script=Hebrew}/u, 'he'],
  [/\p{Script=Devanagari}/u, 'hi'],
  [/\p{Script=Thai}/u, 'th'],
  [/\p{Script=Latin}/u, 'en'],
]

/** `undefined` when the text has no letter of a script known here. Of equals the one first in the list wins. */
export function detectLanguage(text: string): string | undefined {
  const weights = new Map<string, number>()
  for (const word of text.match(/\S+/gu) ?? []) {
    const found = LANGUAGES.find(([script]) => script.test(word))
    if (found === undefined) continue
    const [, language] = found
    weights.set(language, (weights.get(language) ?? 0) + words(word, language))
  }
  // Chinese characters beside kana are Japanese.
  if (weights.has('ja')) {
    weights.set('ja', (weights.get('ja') ?? 0) + (weights.get('zh') ?? 0))
    weights.delete('zh')
  }
  let detected: string | undefined
  for (const [, language] of LANGUAGES) {
    const weight = weights.get(language) ?? 0
    if (weight > (detected === undefined ? 0 : (weights.get(detected) ?? 0))) detected = language
  }
  return detected
}

/**
 * The language of one sentence of a text in `textLanguage`: that of its own script, except that Chinese characters
 * alone stay in a Korean or Japanese text, and that figures alone are read in the language around them.
 */
export function sentenceLanguage(sentence: string, textLanguage: string): string {
  const own = detectLanguage(sentence)
  if (own === undefined) return textLanguage
  return own === 'zh' && (textLanguage === 'ja' || textLanguage === 'ko') ? textLanguage : own
}

/** Japanese, Chinese and Thai have no blanks between words; two letters are about one. */
function words(run: string, language: string): number {
  if (!['ja', 'zh', 'th'].includes(language)) return 1
  return Math.ceil((run.match(/\p{L}/gu) ?? []).length / 2)
}
