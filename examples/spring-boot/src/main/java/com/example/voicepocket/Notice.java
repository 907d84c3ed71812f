package com.example.voicepocket;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/** What comes back: who asked, in whose voice, what became of it, and where the sound is or why there is none. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Notice(
        String uuid,
        String requestFrom,
        String requestTo,
        String state,
        @JsonProperty("task_id") String taskId,
        String key,
        String url,
        Problem error) {

    public record Problem(String title, String detail, String reason) {
    }
}
