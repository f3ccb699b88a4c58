package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.shared.Pointer;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Register;
import dev.varve.testkit.peers.TestPeers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/** What nodes of a test need for shared logs, in memory: registers, chunks that all of them see, and peers. */
public final class TestLogs {
    private record Versioned(long version, Pointer pointer) {}

    private final TestPeers peers;
    private final MemoryChunks chunks = new MemoryChunks();
    private final Map<String, Versioned> registers = new ConcurrentHashMap<>();

    public TestLogs() {
        this(new TestPeers());
    }

    public TestLogs(TestPeers peers) {
        this.peers = peers;
    }

    public TestPeers peers() {
        return peers;
    }

    public Chunks chunks() {
        return chunks;
    }

    /** How many chunks there are. */
    public int chunkCount() {
        return chunks.all.size();
    }

    /** What the register of a log holds. */
    public Pointer pointer(String log) {
        return at(log).pointer();
    }

    /** Joins under a name, anew if it was there before. */
    public SharedLogs node(String name) {
        return node(name, InstantSource.system());
    }

    /** The same with a clock of its own. */
    public SharedLogs node(String name, InstantSource clock) {
        return SharedLogs.open(peers.join(name), chunks, this::register, clock);
    }

    private Versioned at(String log) {
        return registers.getOrDefault(log, new Versioned(0, Pointer.START));
    }

    /** The register of a log. */
    public Register<Pointer> register(String log, EventLoop loop) {
        return new Register<>() {
            @Override
            public CompletableFuture<Read<Pointer>> read() {
                return onLoop(() -> new Read.Value<>(at(log).version(), at(log).pointer()));
            }

            @Override
            public CompletableFuture<Read<Pointer>> readStale() {
                return read();
            }

            @Override
            public CompletableFuture<Swap> swap(long expectedVersion, Pointer value) {
                return onLoop(() -> swapNow(expectedVersion, value));
            }

            private Swap swapNow(long expected, Pointer value) {
                synchronized (registers) {
                    if (expected != at(log).version()) {
                        return new Swap.Conflict();
                    }
                    // As it would be read from elsewhere.
                    registers.put(log, new Versioned(expected + 1, Pointer.decoded(value.encoded())));
                    return new Swap.Done(expected + 1);
                }
            }

            private <T> CompletableFuture<T> onLoop(Supplier<T> action) {
                return CompletableFuture.supplyAsync(action, Thread::startVirtualThread)
                        .thenApplyAsync(value -> value, loop);
            }
        };
    }

    private static final class MemoryChunks implements Chunks {
        private final Map<ChunkId, byte[]> all = new ConcurrentHashMap<>();
        private final AtomicLong counter = new AtomicLong();

        @Override
        public CompletableFuture<ChunkRef> append(ByteBuffer payload, long birth) {
            byte[] bytes = new byte[payload.remaining()];
            payload.duplicate().get(bytes);
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            ChunkId id = new ChunkId(birth, counter.incrementAndGet());
            all.put(id, bytes);
            return CompletableFuture.completedFuture(new ChunkRef(id, bytes.length, (int) crc.getValue()));
        }

        @Override
        public void read(ChunkRef ref, long offset, ByteBuffer dst) {
            byte[] bytes = all.get(ref.id());
            if (bytes == null) {
                throw new VarveException(ErrorCode.STORAGE, "chunk " + ref.id() + " is not there");
            }
            dst.put(bytes, (int) offset, dst.remaining());
        }

        @Override
        public int delete(Collection<ChunkId> ids) {
            return (int) ids.stream().filter(id -> all.remove(id) != null).count();
        }

        @Override
        public Draft draft(long birth) {
            throw new AssertionError("a log asks for no file");
        }

        @Override
        public Path file(ChunkRef ref) {
            throw new AssertionError("a log asks for no file");
        }

        @Override
        public long usableBytes() {
            return Long.MAX_VALUE;
        }
    }
}
