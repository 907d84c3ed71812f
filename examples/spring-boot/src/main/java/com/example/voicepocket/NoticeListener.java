package com.example.voicepocket;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.stereotype.Component;

/** Hears the worker's notices and remembers the last thousand, by uuid. */
@Component
class NoticeListener {

    private static final Logger log = LoggerFactory.getLogger(NoticeListener.class);
    private static final int REMEMBERED = 1_000;

    private final Map<String, Notice> notices = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Notice> eldest) {
            return size() > REMEMBERED;
        }
    };

    @RabbitListener(queues = Messaging.OUTPUT_QUEUE)
    void onNotice(Notice notice) {
        remember(notice);
        log.info("{}", notice);
    }

    synchronized Optional<Notice> find(String uuid) {
        return Optional.ofNullable(notices.get(uuid));
    }

    private synchronized void remember(Notice notice) {
        notices.put(notice.uuid(), notice);
    }
}
