package com.example.voicepocket;

import com.fasterxml.jackson.annotation.JsonInclude;

/** What comes back: who asked, in whose voice, what became of it, and where the sound is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Notice(String uuid, String requestFrom, String requestTo, String state, String url, String error) {
}
