package com.example.voicepocket;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.support.converter.Jackson2JsonMessageConverter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The exchanges and queues shared with the worker, and the JSON they carry.
 *
 * <p>Both sides declare them, so either may start first. RabbitMQ refuses a second declaration that differs
 * from the first, so these stay what the worker's are: direct, durable, without arguments.
 */
@Configuration
class Messaging {

    static final String INPUT_EXCHANGE = "input.exchange";
    static final String INPUT_QUEUE = "input.queue";
    static final String INPUT_KEY = "input.key";

    static final String OUTPUT_EXCHANGE = "output.exchange";
    static final String OUTPUT_QUEUE = "output.queue";
    static final String OUTPUT_KEY = "output.key";

    @Bean
    Declarables topology() {
        var input = new DirectExchange(INPUT_EXCHANGE);
        var inputQueue = new Queue(INPUT_QUEUE);
        var output = new DirectExchange(OUTPUT_EXCHANGE);
        var outputQueue = new Queue(OUTPUT_QUEUE);
        return new Declarables(
                input, inputQueue, bind(inputQueue, input, INPUT_KEY),
                output, outputQueue, bind(outputQueue, output, OUTPUT_KEY));
    }

    /**
     * Used by the template and by the listeners alike. A listener's parameter decides what the JSON becomes,
     * so the worker's messages need no {@code __TypeId__} header.
     */
    @Bean
    Jackson2JsonMessageConverter json(ObjectMapper mapper) {
        return new Jackson2JsonMessageConverter(mapper);
    }

    private static Binding bind(Queue queue, DirectExchange exchange, String key) {
        return BindingBuilder.bind(queue).to(exchange).with(key);
    }
}
