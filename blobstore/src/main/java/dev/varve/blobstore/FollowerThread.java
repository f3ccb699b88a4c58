package dev.varve.blobstore;

import dev.varve.blobstore.shared.Delivery;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows a log's records to its follower on a thread of its own, one after the other. */
final class FollowerThread implements Delivery, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FollowerThread.class);

    private final String log;
    private final SharedLog.Follower follower;
    private final Executor loop;
    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean isClosed;

    FollowerThread(String log, SharedLog.Follower follower, Executor loop) {
        this.log = log;
        this.follower = follower;
        this.loop = loop;
        this.thread = Thread.ofPlatform().daemon().name("varve-follow-" + log).start(this::run);
    }

    @Override
    public void records(Batch batch, Runnable seen) {
        queue.add(() -> {
            SharedLog.Stamp stamp =
                    new SharedLog.Stamp(Instant.ofEpochMilli(batch.time()), Instant.ofEpochMilli(batch.trusted()));
            for (int i = 0; i < batch.bytes().size() && !isClosed; i++) {
                follower.record(
                        batch.first() + i,
                        stamp,
                        batch.bytes().get(i),
                        batch.own().get(i));
            }
            loop.execute(seen);
        });
    }

    @Override
    public void skip(long position, ByteBuffer manifest, Runnable seen) {
        queue.add(() -> {
            follower.skip(new SharedLog.Checkpoint(position, manifest));
            loop.execute(seen);
        });
    }

    private void run() {
        try {
            while (!isClosed) {
                queue.take().run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | AssertionError e) {
            // What it made of the record is not known; going on would make it another state than that of other nodes.
            LOG.error("nothing of log={} is seen any more, its follower failed", log, e);
        }
    }

    /** Waits for the record that is just being seen; unless it is that one's follower who closes. */
    @Override
    public void close() {
        isClosed = true;
        queue.add(() -> {});
        if (!thread.equals(Thread.currentThread())) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
