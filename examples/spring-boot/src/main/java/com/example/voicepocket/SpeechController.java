package com.example.voicepocket;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * {@code POST /send} hands a text to the worker; {@code GET /notices/{uuid}} tells what became of it.
 *
 * <p>Whether an address or a text will do is the worker's to judge: what it refuses comes back as a notice.
 */
@RestController
class SpeechController {

    private static final long CONFIRM_TIMEOUT_MS = 5_000;

    private final RabbitTemplate rabbit;
    private final NoticeListener notices;

    SpeechController(RabbitTemplate rabbit, NoticeListener notices) {
        this.rabbit = rabbit;
        this.notices = notices;
    }

    record Send(String email, String text, String uuid) {
    }

    @PostMapping("/send")
    ResponseEntity<Map<String, String>> send(@RequestBody Send send) {
        var uuid = Optional.ofNullable(send.uuid()).orElseGet(() -> UUID.randomUUID().toString());
        publish(SpeechRequest.of(uuid, send.email(), send.text()));
        var notice = UriComponentsBuilder.fromPath("/notices/{uuid}").build(uuid);
        return ResponseEntity.accepted().location(notice).body(Map.of("uuid", uuid));
    }

    @GetMapping("/notices/{uuid}")
    ResponseEntity<Notice> notice(@PathVariable String uuid) {
        return ResponseEntity.of(notices.find(uuid));
    }

    /** Sending the same uuid again is safe: the worker makes one task of it. */
    @ExceptionHandler
    ProblemDetail notTaken(AmqpException reason) {
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE, "RabbitMQ did not take the message: " + reason.getMessage());
    }

    private void publish(SpeechRequest request) {
        rabbit.invoke(channel -> {
            channel.convertAndSend(Messaging.INPUT_EXCHANGE, Messaging.INPUT_KEY, request);
            channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MS);
            return null;
        });
    }
}
