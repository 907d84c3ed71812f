"""OpenAI's own client for Python against the server at OPENAI_BASE_URL; its API is at VOICE_POCKET_API."""
import concurrent.futures
import io
import json
import os
import unittest
import urllib.request
import wave

import openai

client = openai.OpenAI(api_key="none", max_retries=0)
ASK = {"model": "tts-1", "voice": "alloy", "input": "Good morning. This is a test of the speech."}
LONG = {**ASK, "input": "This is one of very many sentences. " * 2000}


def call(path, method="GET"):
    request = urllib.request.Request(f"{os.environ['VOICE_POCKET_API']}/{path}", method=method)
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def last_state(uuid):
    """Of the events until the request has ended."""
    data = [line for line in call(f"{uuid}/events").splitlines() if line.startswith("data: ")]
    return json.loads(data[-1][6:])["state"]


def seconds(pcm):
    return len(pcm) / 2 / 24000


class Speech(unittest.TestCase):
    def test_create_writes_a_file(self):
        speech = client.audio.speech.create(**ASK)
        self.assertEqual(speech.response.headers["content-type"], "audio/mpeg")
        speech.write_to_file("python.mp3")
        self.assertGreater(os.path.getsize("python.mp3"), 10_000)

    def test_wav_can_be_read_by_the_standard_library(self):
        speech = client.audio.speech.create(**ASK, response_format="wav")
        with wave.open(io.BytesIO(speech.content)) as sound:
            self.assertEqual((sound.getnchannels(), sound.getsampwidth()), (1, 2))
            self.assertGreater(len(sound.readframes(10_000_000)) / 2 / sound.getframerate(), 2)

    def test_every_format(self):
        begin = {
            "mp3": (b"\xff\xe3", b"\xff\xf3", b"\xff\xfb", b"ID3"),
            "opus": (b"OggS",),
            "aac": (b"\xff\xf1", b"\xff\xf9"),
            "flac": (b"fLaC",),
            "wav": (b"RIFF",),
        }
        for name, signatures in begin.items():
            content = client.audio.speech.create(**ASK, response_format=name).content
            self.assertTrue(content.startswith(signatures), f"{name}: {content[:8]!r}")

    def test_first_bytes_come_before_all_is_spoken(self):
        streaming = client.audio.speech.with_streaming_response
        with streaming.create(**LONG, response_format="pcm") as response:
            chunks = response.iter_bytes(1024)
            self.assertEqual(len(next(chunks)), 1024)
            uuid = response.headers["x-request-id"]
            self.assertEqual(json.loads(call(uuid))["state"], "PROGRESS")
        self.assertEqual(last_state(uuid), "REVOKED", "who leaves in the middle cancels")

    def test_events(self):
        streaming = client.audio.speech.with_streaming_response
        with streaming.create(**ASK, response_format="pcm", stream_format="sse") as response:
            lines = [line for line in response.iter_lines() if line.startswith("data: ")]
        events = [json.loads(line[6:]) for line in lines]
        self.assertEqual({event["type"] for event in events[:-1]}, {"speech.audio.delta"})
        done = events[-1]
        self.assertEqual(done["type"], "speech.audio.done")
        self.assertEqual(done["usage"]["input_tokens"], len(ASK["input"]))
        self.assertGreater(done["usage"]["output_tokens"], 40)

    def test_many_at_once_get_each_their_own(self):
        def length(count):
            ask = {**ASK, "input": "Another word. " * count}
            return seconds(client.audio.speech.create(**ask, response_format="pcm").content)

        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            lengths = list(pool.map(length, range(1, 6)))
        for shorter, longer in zip(lengths, lengths[1:]):
            self.assertGreater(longer, shorter + 0.5)

    def test_models(self):
        self.assertIn("espeak", [model.id for model in client.models.list()])
        self.assertEqual(client.models.retrieve("tts-1").object, "model")

    def test_errors(self):
        for change, kind, param, code in [
            ({"model": "tts-9"}, openai.NotFoundError, "model", "model_not_found"),
            ({"voice": "nobody"}, openai.BadRequestError, "voice", "invalid_value"),
            ({"input": " "}, openai.BadRequestError, "input", "invalid_value"),
            ({"speed": 5}, openai.BadRequestError, "speed", "decimal_above_max_value"),
            ({"response_format": "ogg"}, openai.BadRequestError, "response_format", "invalid_value"),
        ]:
            with self.assertRaises(kind) as raised:
                client.audio.speech.create(**{**ASK, **change})
            self.assertEqual((raised.exception.param, raised.exception.code), (param, code))


if __name__ == "__main__":
    unittest.main()
