package dev.varve.blobstore.zookeeper;

import dev.varve.model.VarveException;
import dev.varve.model.host.Register;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * A register in a node of ZooKeeper, which is there already: one that is missing is lost, and whoever made it anew would begin
 * over what it told of. The version is that of the node's data.
 *
 * <p>A read syncs before, so that it sees what others have written until then. A lost connection or session leaves a swap
 * unknown, even where the request never left.
 *
 * @param <V> immutable, with equality
 */
public final class ZooKeeperRegister<V> implements Register<V> {
    private static final String NO_CLIENT = "there is no session";

    private final ZooKeeperSession session;
    private final String path;
    private final Function<V, ByteBuffer> encode;
    private final Function<ByteBuffer, V> decode;
    private final Executor loop;

    /**
     * The register at a path.
     *
     * @param decode may throw a {@link VarveException}
     * @param loop where answers come
     */
    public ZooKeeperRegister(
            ZooKeeperSession session,
            String path,
            Function<V, ByteBuffer> encode,
            Function<ByteBuffer, V> decode,
            Executor loop) {
        this.session = session;
        this.path = path;
        this.encode = encode;
        this.decode = decode;
        this.loop = loop;
    }

    private <T> CompletableFuture<T> onLoop(Consumer<Consumer<T>> ask) {
        CompletableFuture<T> future = new CompletableFuture<>();
        ask.accept(answer -> loop.execute(() -> future.complete(answer)));
        return future;
    }

    @Override
    public CompletableFuture<Read<V>> read() {
        return onLoop(answer -> {
            ZooKeeper client = session.client();
            if (client == null) {
                answer.accept(new Read.Failed<>(NO_CLIENT));
                return;
            }
            client.sync(
                    path,
                    (code, at, context) -> {
                        if (Code.get(code) == Code.OK || Code.get(code) == Code.NONODE) {
                            get(client, answer);
                        } else {
                            answer.accept(new Read.Failed<>("sync: " + Code.get(code)));
                        }
                    },
                    null);
        });
    }

    @Override
    public CompletableFuture<Read<V>> readStale() {
        return onLoop(answer -> {
            ZooKeeper client = session.client();
            if (client == null) {
                answer.accept(new Read.Failed<>(NO_CLIENT));
            } else {
                get(client, answer);
            }
        });
    }

    private void get(ZooKeeper client, Consumer<Read<V>> answer) {
        client.getData(
                path,
                false,
                (int code, String at, Object context, byte[] data, Stat stat) -> {
                    switch (Code.get(code)) {
                        case OK -> answer.accept(value(data, stat));
                        case NONODE -> answer.accept(new Read.Failed<>("zookeeper has lost " + path));
                        default -> answer.accept(new Read.Failed<>("get: " + Code.get(code)));
                    }
                },
                null);
    }

    private Read<V> value(byte[] data, Stat stat) {
        try {
            return new Read.Value<>(stat.getVersion(), decode.apply(ByteBuffer.wrap(data)));
        } catch (VarveException e) {
            return new Read.Failed<>(path + ": " + e.getMessage());
        }
    }

    @Override
    public CompletableFuture<Swap> swap(long expectedVersion, V value) {
        return onLoop(answer -> {
            ZooKeeper client = session.client();
            if (client == null) {
                answer.accept(new Swap.Unknown(NO_CLIENT));
                return;
            }
            client.setData(
                    path,
                    ZooKeeperPaths.bytes(encode.apply(value)),
                    (int) expectedVersion,
                    (int code, String at, Object context, Stat stat) -> answer.accept(
                            switch (Code.get(code)) {
                                case OK -> new Swap.Done(stat.getVersion());
                                case BADVERSION -> new Swap.Conflict();
                                default -> new Swap.Unknown("set: " + Code.get(code));
                            }),
                    null);
        });
    }
}
