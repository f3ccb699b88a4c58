package dev.varve.blobstore.zookeeper;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Small facts of a cluster, by path: who comes first says what they are. Waits for the answer, and asks again while the
 * connection is lost; {@code NOT_READY} after {@link #PATIENCE}. Thread-safe.
 */
public final class ZooKeeperFacts {
    static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final ZooKeeperSession session;

    /** What became of a request. */
    private record Answer(Code code, Optional<byte[]> data) {
        Answer(Code code) {
            this(code, Optional.empty());
        }
    }

    public ZooKeeperFacts(ZooKeeperSession session) {
        this.session = session;
    }

    /** The fact, as of when this was called or later. */
    public Optional<byte[]> get(String path) {
        Answer answer = insist(
                "read",
                path,
                (client, told) -> client.sync(
                        path,
                        (code, at, context) -> {
                            if (Code.get(code) == Code.OK || Code.get(code) == Code.NONODE) {
                                client.getData(
                                        path,
                                        false,
                                        (int read, String from, Object none, byte[] data, Stat stat) ->
                                                told.complete(new Answer(Code.get(read), Optional.ofNullable(data))),
                                        null);
                            } else {
                                told.complete(new Answer(Code.get(code)));
                            }
                        },
                        null));
        return answer.code() == Code.NONODE ? Optional.empty() : answer.data();
    }

    /** The fact as it was before, or these bytes if nobody had said it. */
    public byte[] createIfAbsent(String path, byte[] bytes) {
        create(path, bytes);
        return get(path)
                .orElseThrow(() ->
                        new VarveException(ErrorCode.CONFLICT, path + " of the cluster was deleted while it was made"));
    }

    private void create(String path, byte[] bytes) {
        insist(
                "create",
                path,
                (client, told) -> ZooKeeperPaths.createWithParents(
                        client, path, bytes, CreateMode.PERSISTENT, code -> told.complete(new Answer(code))));
    }

    /** Says what the fact is from now on. */
    public void set(String path, byte[] bytes) {
        create(path, bytes);
        insist(
                "set",
                path,
                (client, told) -> client.setData(
                        path,
                        bytes,
                        -1,
                        (int code, String at, Object context, Stat stat) -> told.complete(new Answer(Code.get(code))),
                        null));
    }

    private Answer insist(String what, String path, BiConsumer<ZooKeeper, CompletableFuture<Answer>> request) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String last = "no connection";
        while (System.nanoTime() - end < 0) {
            ZooKeeper client = session.client();
            CompletableFuture<Answer> told = new CompletableFuture<>();
            try {
                if (client != null) {
                    request.accept(client, told);
                    Answer answer = told.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                    switch (answer.code()) {
                        case OK, NONODE, NODEEXISTS -> {
                            return answer;
                        }
                        default -> last = answer.code().toString();
                    }
                }
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw notReady(what, path, "it was interrupted");
            } catch (TimeoutException e) {
                last = "no answer";
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        throw notReady(what, path, last);
    }

    private static VarveException notReady(String what, String path, String why) {
        return new VarveException(ErrorCode.NOT_READY, "cannot %s %s in zookeeper: %s".formatted(what, path, why))
                .withHint("see that zookeeper runs and that cluster.zookeeper names it");
    }
}
