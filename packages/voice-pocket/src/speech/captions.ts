/**
 * Captions as players read them. SRT has no specification; this is what SubRip wrote. WebVTT:
 * https://www.w3.org/TR/webvtt1/
 */
import type { Span, TimedSentence, TimedWord, Timeline } from './timeline.ts'

export const CAPTION_FORMATS = ['json', 'srt', 'vtt'] as const
export type CaptionFormat = (typeof CAPTION_FORMATS)[number]

export const CAPTION_UNITS = ['sentence', 'word'] as const
/** What one caption shows. */
export type CaptionUnit = (typeof CAPTION_UNITS)[number]

export const CAPTION_TYPES: Readonly<Record<CaptionFormat, string>> = {
  json: 'application/json',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
}

export interface Cue extends Span {
  readonly text: string
}

/** Two lines of 42 Latin letters, or of 21 Korean ones, which are twice as wide: what is read at a glance. */
const MAX_CELLS = 84
const WIDE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]/u

/** In order; the last one ends where the sound ends. A long sentence becomes several, cut between words. */
export function toCues({ durationMs, sentences }: Timeline, unit: CaptionUnit): Cue[] {
  const cues = sentences.flatMap(({ words }) => (unit === 'word' ? words.map(asCue) : shortCues(words)))
  const last = cues.at(-1)
  return last === undefined ? [] : [...cues.slice(0, -1), { ...last, endMs: durationMs }]
}

export function writeCaptions(timeline: Timeline, format: CaptionFormat, unit: CaptionUnit): string {
  if (format === 'json') return JSON.stringify(toJson(timeline))
  const cues = toCues(timeline, unit)
  if (format === 'vtt') return `WEBVTT\n\n${cues.map(vttCue).join('\n')}`
  return cues.map((cue, index) => `${index + 1}\n${srtCue(cue)}`).join('\n')
}

/** Names as in the rest of the HTTP API; times in seconds, as players have them. */
function toJson({ durationMs, sentences, marks }: Timeline) {
  return {
    duration: seconds(durationMs),
    sentences: sentences.map(sentenceJson),
    marks: marks.map(({ name, ms, at }) => ({ name, time: seconds(ms), text_start: at })),
  }
}

function sentenceJson({ words, phonemes, estimated, ...sentence }: TimedSentence) {
  return {
    ...placed(sentence),
    estimated,
    words: words.map((word) => ({ ...placed(word), ...(word.estimated && { estimated: true }) })),
    phonemes: phonemes.map(({ phoneme, startMs, endMs }) => ({
      phoneme,
      start: seconds(startMs),
      end: seconds(endMs),
    })),
  }
}

function placed({ text, start, end, startMs, endMs }: TimedWord) {
  return { text, start: seconds(startMs), end: seconds(endMs), text_start: start, text_end: end }
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000
}

function shortCues(words: readonly TimedWord[]): Cue[] {
  const count = Math.ceil(cells(joined(words)) / MAX_CELLS)
  if (count <= 1) return words.length === 0 ? [] : [group(words)]
  // As even as possible: one word alone at the end of a sentence is hard to read.
  const target = cells(joined(words)) / count
  const cues: Cue[] = []
  let taken: TimedWord[] = []
  for (const word of words) {
    const size = cells(joined([...taken, word]))
    if (taken.length > 0 && (size > MAX_CELLS || cells(joined(taken)) >= target)) {
      cues.push(group(taken))
      taken = []
    }
    taken.push(word)
  }
  return [...cues, group(taken)]
}

function group(words: readonly TimedWord[]): Cue {
  return {
    text: joined(words),
    startMs: words[0]?.startMs ?? 0,
    endMs: words.at(-1)?.endMs ?? 0,
  }
}

/** With a blank where the original has one. */
function joined(words: readonly TimedWord[]): string {
  const parts = words.map(({ text, end }, index) => (words[index + 1]?.start === end ? text : `${text} `))
  return oneLine(parts.join(''))
}

function asCue({ text, startMs, endMs }: TimedWord): Cue {
  return { text: oneLine(text), startMs, endMs }
}

/** An empty line would end the cue. */
function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim()
}

function cells(text: string): number {
  return [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0)
}

function srtCue({ text, startMs, endMs }: Cue): string {
  return `${clock(startMs, ',')} --> ${clock(endMs, ',')}\n${text.replaceAll('-->', '→')}\n`
}

function vttCue({ text, startMs, endMs }: Cue): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `${clock(startMs, '.')} --> ${clock(endMs, '.')}\n${escaped}\n`
}

/** `01:02:03.456`; hours have two digits at least. */
function clock(ms: number, point: string): string {
  const whole = Math.round(ms)
  const part = (unit: number, size: number) => String(Math.floor(whole / unit) % size).padStart(2, '0')
  const hours = String(Math.floor(whole / 3_600_000)).padStart(2, '0')
  const milliseconds = String(whole % 1000).padStart(3, '0')
  return `${hours}:${part(60_000, 60)}:${part(1000, 60)}${point}${milliseconds}`
}
