package com.example.voicepocket;

/** What goes to the worker: read {@code text} in the voice of {@code email}, and call the result {@code uuid}. */
public record SpeechRequest(String type, String uuid, String email, String text) {

    static SpeechRequest of(String uuid, String email, String text) {
        return new SpeechRequest("ETL", uuid, email, text);
    }
}
