/** The kinds of models that sherpa-onnx speaks with, and the files that each needs; by the names of its own settings. */
export interface Family {
  readonly files: readonly string[]
  readonly optional?: readonly string[]
  /** Numbers that may be set. */
  readonly numbers?: readonly string[]
  /** It takes the language with each sentence. */
  readonly takesLanguage?: boolean
  readonly cloning?: 'recording' | 'recording-and-transcript'
}

const LEXICAL = ['lexicon', 'dataDir']

/** After sherpa-onnx 1.13, csrc/offline-tts-*-model-config.h. */
export const FAMILIES = {
  vits: {
    files: ['model', 'tokens'],
    optional: LEXICAL,
    numbers: ['noiseScale', 'noiseScaleW', 'lengthScale'],
  },
  matcha: {
    files: ['acousticModel', 'vocoder', 'tokens'],
    optional: LEXICAL,
    numbers: ['noiseScale', 'lengthScale'],
  },
  kokoro: {
    files: ['model', 'voices', 'tokens', 'dataDir'],
    optional: ['lexicon'],
    numbers: ['lengthScale'],
    takesLanguage: true,
  },
  kitten: { files: ['model', 'voices', 'tokens', 'dataDir'], numbers: ['lengthScale'] },
  supertonic: {
    files: [
      'durationPredictor',
      'textEncoder',
      'vectorEstimator',
      'vocoder',
      'ttsJson',
      'unicodeIndexer',
      'voiceStyle',
    ],
    takesLanguage: true,
  },
  zipvoice: {
    files: ['tokens', 'encoder', 'decoder', 'vocoder'],
    optional: LEXICAL,
    numbers: ['featScale', 'tShift', 'targetRms', 'guidanceScale'],
    cloning: 'recording-and-transcript',
  },
  pocket: {
    files: ['lmFlow', 'lmMain', 'encoder', 'decoder', 'textConditioner', 'vocabJson', 'tokenScoresJson'],
    numbers: ['voiceEmbeddingCacheCapacity'],
    cloning: 'recording',
  },
} as const satisfies Readonly<Record<string, Family>>

export type FamilyName = keyof typeof FAMILIES
