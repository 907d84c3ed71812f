/**
 * Models that `voice-pocket models add` knows by name, described as sherpa-onnx's own pages and the scripts that made
 * them do: https://k2-fsa.github.io/sherpa/onnx/tts/all/ and scripts/ of k2-fsa/sherpa-onnx. They are not ours: each has
 * a licence of its own, here as its makers name it, which may forbid what you want to do.
 */

import type * as z from 'zod'
import type { manifestSchema } from './manifest.ts'

export interface CatalogueEntry {
  readonly url: string
  readonly manifest: z.input<typeof manifestSchema>
}

const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download/tts-models'

/** Of Supertonic 3, as sherpa-onnx's page lists them: all but its answer to a language it does not know. */
const SUPERTONIC_LANGUAGES =
  'en ko ja ar bg cs da de el es et fi fr hi hr hu id it lt lv nl pl pt ro ru sk sl sv tr uk vi'.split(' ')

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
      languages: SUPERTONIC_LANGUAGES,
      // In the order of their files, of which voice.bin is made.
      speakers: ['F1', 'F2', 'F3', 'F4', 'F5', 'M1', 'M2', 'M3', 'M4', 'M5'],
      // Its page says 24,000 Hz, its makers 44,100; the model's own tts.json decides.
      steps: 8,
      licence: 'BigScience OpenRAIL-M (Supertone/supertonic-3)',
    },
  },
  'mimic3-ko': {
    url: `${RELEASES}/vits-mimic3-ko_KO-kss_low.tar.bz2`,
    manifest: {
      family: 'vits',
      files: { model: 'ko_KO-kss_low.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['ko'],
      sampleRate: 22_050,
      licence: 'CC-BY-NC-SA-4.0 (the recordings, KSS: not for commercial use)',
    },
  },
  'piper-en-gb-cori': {
    url: `${RELEASES}/vits-piper-en_GB-cori-medium.tar.bz2`,
    manifest: {
      family: 'vits',
      files: { model: 'en_GB-cori-medium.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['en'],
      sampleRate: 22_050,
      licence: 'MIT (the recordings, LibriVox: public domain)',
    },
  },
  'kokoro-en': {
    url: `${RELEASES}/kokoro-en-v0_19.tar.bz2`,
    manifest: {
      family: 'kokoro',
      files: { model: 'model.onnx', voices: 'voices.bin', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
      languages: ['en'],
      speakers: [
        'af',
        'af_bella',
        'af_nicole',
        'af_sarah',
        'af_sky',
        'am_adam',
        'am_michael',
        'bf_emma',
        'bf_isabella',
        'bm_george',
        'bm_lewis',
      ],
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
      speakers: [
        'expr-voice-2-m',
        'expr-voice-2-f',
        'expr-voice-3-m',
        'expr-voice-3-f',
        'expr-voice-4-m',
        'expr-voice-4-f',
        'expr-voice-5-m',
        'expr-voice-5-f',
      ],
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
      licence: 'CC-BY-4.0 (Kyutai; forbids imitating anybody without their consent)',
    },
  },
}
