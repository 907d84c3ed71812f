/** The part of `sherpa-onnx-node` that is used here; the package has no declarations of its own. */
declare module 'sherpa-onnx-node' {
  export interface GeneratedAudio {
    readonly samples: Float32Array
    readonly sampleRate: number
  }

  export interface GenerationOptions {
    readonly sid: number
    readonly speed: number
    readonly numSteps?: number
    readonly referenceAudio?: Float32Array
    readonly referenceSampleRate?: number
    readonly referenceText?: string
    readonly extra?: Readonly<Record<string, string | number>>
  }

  export class GenerationConfig {
    constructor(options: GenerationOptions)
  }

  export class OfflineTts {
    /** Rejects where the constructor would end the process. */
    static createAsync(config: object): Promise<OfflineTts>
    readonly sampleRate: number
    readonly numSpeakers: number
    generateAsync(request: {
      readonly text: string
      readonly enableExternalBuffer: boolean
      readonly generationConfig: GenerationConfig
    }): Promise<GeneratedAudio>
  }
}
