/** The part we use of eSpeak NG built with Emscripten; the module itself ships no types. */
declare module '@echogarden/espeak-ng-emscripten' {
  export interface EspeakVoice {
    readonly name: string
    /** Path below eSpeak's voice folder, such as `gmw/en-US`. */
    readonly identifier: string
    /** A lower priority number is the better choice for that language. */
    readonly languages: readonly { readonly priority: number; readonly name: string }[]
  }

  export interface EspeakEvent {
    readonly type:
      | 'word'
      | 'sentence'
      | 'mark'
      | 'play'
      | 'end'
      | 'msg_terminated'
      | 'phoneme'
      | 'samplerate'
      | 'list_terminated'
    /** 1-based, in Unicode code points of the text given, mark-up included. */
    readonly text_position: number
    /** In code points; never more than 31. */
    readonly word_length: number
    /** Milliseconds from the start of the call. */
    readonly audio_position: number
    /** The phoneme or the mark's name; a number for words and sentences. */
    readonly id: string | number | undefined
  }

  export interface EspeakWorker {
    list_voices(): EspeakVoice[]
    /** 0 when done; otherwise the voice before stays in use. */
    set_voice(identifier: string): number
    set_rate(wordsPerMinute: number): number
    set_pitch(pitch: number): number
    set_range(range: number): number
    set_volume(volume: number): number
    get_samplerate(): number
    /** Returning `true` stops the synthesis. */
    synthesize(ssml: string, callback: (pcm: Int16Array, events: EspeakEvent[]) => boolean | undefined): void
    __destroy__(): void
  }

  export interface EspeakModule {
    readonly eSpeakNGWorker: new () => EspeakWorker
    readonly FS: { readdir(path: string): string[] }
  }

  export default function load(): Promise<EspeakModule>
}
