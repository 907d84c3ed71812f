/**
 * Models that `voice-pocket models add` knows by name, described as the examples of sherpa-onnx have them. They are not
 * ours: each has a licence of its own, which may forbid what you want to do.
 */

import type * as z from 'zod'
import type { manifestSchema } from './manifest.ts'

export interface CatalogueEntry {
  readonly url: string
  readonly manifest: z.input<typeof manifestSchema>
}

const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/tts-models'

export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  'supertonic-3': {
    url: `${RELEASES}/sherpa-onnx-supertonic-3-tts-int8-2026-05-11.tar.bz2`,
    manifest: {
      family: 'supertonic',
      files: {
        durationPredictor: 'duration_predictor.int8.onnx',
        textEncoder: 'text_encoder.int8.onnx',
        vectorEstimator: 'vector_estimator.int8.onnx',
        vocoder: 'vocoder.int8.onnx',
        ttsJson: 'tts.json',
        unicodeIndexer: 'unicode_indexer.bin',
        voiceStyle: 'voice.bin',
      },
      languages: ['en', 'ko', 'ja', 'es', 'pt', 'fr', 'de', 'it'],
      sampleRate: 44_100,
      steps: 8,
      licence: 'OpenRAIL-M',
    },
  },
  'mimic3-ko': {
    url: `${RELEASES}/vits-mimic3-ko_KO-kss_low.tar.bz2`,
    manifest: {
      family: 'vits',
      files: { model: 'ko_KO-kss_low.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['ko'],
      sampleRate: 22_050,
      licence: 'CC-BY-NC-SA-4.0',
    },
  },
  'piper-en-gb-cori': {
    url: `${RELEASES}/vits-piper-en_GB-cori-medium.tar.bz2`,
    manifest: {
      family: 'vits',
      files: { model: 'en_GB-cori-medium.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['en'],
      sampleRate: 22_050,
      licence: 'see MODEL_CARD',
    },
  },
  'kokoro-en': {
    url: `${RELEASES}/kokoro-en-v0_19.tar.bz2`,
    manifest: {
      family: 'kokoro',
      files: { model: 'model.onnx', voices: 'voices.bin', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['en'],
      sampleRate: 24_000,
      licence: 'Apache-2.0',
    },
  },
  'kitten-en': {
    url: `${RELEASES}/kitten-nano-en-v0_1-fp16.tar.bz2`,
    manifest: {
      family: 'kitten',
      files: {
        model: 'model.fp16.onnx',
        voices: 'voices.bin',
        tokens: 'tokens.txt',
        dataDir: 'espeak-ng-data',
      },
      languages: ['en'],
      sampleRate: 24_000,
      licence: 'Apache-2.0',
    },
  },
  'pocket-en': {
    url: `${RELEASES}/sherpa-onnx-pocket-tts-int8-2026-01-26.tar.bz2`,
    manifest: {
      family: 'pocket',
      files: {
        lmFlow: 'lm_flow.int8.onnx',
        lmMain: 'lm_main.int8.onnx',
        encoder: 'encoder.onnx',
        decoder: 'decoder.int8.onnx',
        textConditioner: 'text_conditioner.onnx',
        vocabJson: 'vocab.json',
        tokenScoresJson: 'token_scores.json',
      },
      languages: ['en'],
      sampleRate: 24_000,
      licence: 'CC-BY-4.0',
    },
  },
}
