package dev.varve.server.alert;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends messages over all channels, one after the other, on a thread for each; a channel that fails delays no other. */
public final class Messenger implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Messenger.class);
    private static final int MOST_WAITING = 20;
    private static final int ATTEMPTS = 4;

    private final List<Line> lines;
    private final LongAdder failures = new LongAdder();

    /**
     * Begins to send.
     *
     * @param firstPause before the second attempt; doubles with each further one
     */
    public Messenger(List<Channel> channels, Duration firstPause) {
        lines = channels.stream().map(channel -> new Line(channel, firstPause)).toList();
        lines.forEach(line -> line.thread.start());
    }

    /** Queues the message; the oldest gives way when a channel is too slow. */
    public void send(Message message) {
        for (Line line : lines) {
            while (!line.waiting.offer(message)) {
                if (line.waiting.poll() != null) {
                    failures.increment();
                }
            }
        }
    }

    /** Messages that were given up since start. */
    public long failures() {
        return failures.sum();
    }

    /** Messages that wait are not sent any more. */
    @Override
    public void close() {
        lines.forEach(Line::close);
    }

    private final class Line {
        private final Channel channel;
        private final Duration firstPause;
        private final BlockingQueue<Message> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
        private final AtomicBoolean isClosed = new AtomicBoolean();
        private final Thread thread;

        Line(Channel channel, Duration firstPause) {
            this.channel = channel;
            this.firstPause = firstPause;
            thread = Thread.ofVirtual().name("alerts by " + channel.name()).unstarted(this::loop);
        }

        private void loop() {
            try {
                while (!isClosed.get()) {
                    deliver(waiting.take());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void deliver(Message message) throws InterruptedException {
            Duration pause = firstPause;
            for (int attempt = 1; ; attempt++) {
                try {
                    channel.send(message);
                    return;
                } catch (IOException failure) {
                    if (isClosed.get()) {
                        return;
                    }
                    if (attempt == ATTEMPTS) {
                        failures.increment();
                        LOG.error(
                                "nobody could be told channel={} message={} cause={}",
                                channel.name(),
                                message.title(),
                                failure.getMessage());
                        return;
                    }
                    Thread.sleep(pause);
                    pause = pause.multipliedBy(2);
                }
            }
        }

        private void close() {
            isClosed.set(true);
            thread.interrupt();
        }
    }
}
