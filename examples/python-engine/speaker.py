"""An engine for Voice Pocket in Python: a Celery task that is given one sentence, and answers its sound.

    CELERY_BROKER_URL=amqp://guest:guest@127.0.0.1:5672// CELERY_RESULT_BACKEND=redis://127.0.0.1:6379/0 \
        celery -A speaker worker -Q voice_pocket.engine --loglevel INFO

`synthesize` hums instead of speaking. Put your model there: load it once, when the worker's process starts, and let it
give 16-bit mono samples. All the rest can stay as it is.
"""

import base64
import io
import math
import os
import struct
import wave

from celery import Celery

SAMPLE_RATE = 24000
SECONDS_PER_CHARACTER = 0.12
VOICES = {"": 180.0, "low": 110.0, "high": 260.0}

app = Celery(
    "speaker",
    broker=os.environ.get("CELERY_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//"),
    backend=os.environ.get("CELERY_RESULT_BACKEND", "redis://127.0.0.1:6379/0"),
)
app.conf.task_default_queue = "voice_pocket.engine"
app.conf.worker_prefetch_multiplier = 1  # a sentence should wait where any worker can take it
app.conf.task_acks_late = True
app.conf.result_expires = 600


def synthesize(text, frequency, speed):
    """A hum as long as somebody would need for the text."""
    spoken = sum(character.isalnum() for character in text)
    count = int(spoken * SECONDS_PER_CHARACTER / speed * SAMPLE_RATE)
    step = 2 * math.pi * frequency / SAMPLE_RATE
    return [int(9000 * math.sin(step * index)) for index in range(count)]


def to_wav(samples):
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


def pitch_of(reference):
    """How high the voice of a recording is: its crossings of zero, which is enough for a hum."""
    with wave.open(io.BytesIO(base64.b64decode(reference["audio"]))) as sound:
        frames = sound.readframes(sound.getnframes())
        rate = sound.getframerate()
    samples = struct.unpack(f"<{len(frames) // 2}h", frames)
    rises = sum(before < 0 <= after for before, after in zip(samples, samples[1:]))
    return rises * rate / len(samples)


@app.task(name="voice_pocket.speak")
def speak(text, language, voice="", speed=1.0, reference=None, **_other):
    if voice not in VOICES:
        raise ValueError(f"There is no voice {voice!r}; there are {', '.join(filter(None, VOICES))}.")
    frequency = VOICES[voice] if reference is None else pitch_of(reference)
    sound = to_wav(synthesize(text, frequency, speed))
    return {"audio": base64.b64encode(sound).decode()}
