package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.FileDraft;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Copies of a chunk that is a plain file, and lies somewhere already. */
final class FileWrite extends ChunkWrite {
    private static final Duration LEAST_STRAGGLER = Duration.ofSeconds(1);
    private static final Duration LEAST_GIVE_UP = Duration.ofSeconds(10);

    /** What even a slow node takes within these times. */
    private static final int STRAGGLER_BYTES_PER_MILLI = 50_000;

    private static final int GIVE_UP_BYTES_PER_MILLI = 2_000;

    private final ChunkRef source;
    private final boolean isKept;
    private final long birth;
    private final PeerChunks.FileSource bytes;
    private final @Nullable ChunkStore store;
    private final Executor io;

    /**
     * @param source what was written, with the id of the first try
     * @param isKept whether it is durable here under that id
     */
    FileWrite(
            Context context,
            ChunkRef source,
            boolean isKept,
            long birth,
            PeerChunks.FileSource bytes,
            @Nullable ChunkStore store,
            Executor io) {
        super(context, source.length());
        this.source = source;
        this.isKept = isKept;
        this.birth = birth;
        this.bytes = bytes;
        this.store = store;
        this.io = io;
    }

    @Override
    public Optional<QuorumWrite.Attempt> next(Set<Integer> tried) {
        return isKept && tried.isEmpty() ? Optional.of(attempt(source.id())) : super.next(tried);
    }

    @Override
    public QuorumWrite.Patience patience() {
        Duration giveUp = giveUp().multipliedBy(2);
        return new QuorumWrite.Patience(
                longer(LEAST_STRAGGLER, giveUp).plusMillis(source.length() / STRAGGLER_BYTES_PER_MILLI),
                longer(LEAST_GIVE_UP, giveUp.multipliedBy(2)).plusMillis(source.length() / GIVE_UP_BYTES_PER_MILLI));
    }

    private static Duration longer(Duration usual, Duration setting) {
        return setting.compareTo(usual) < 0 ? setting : usual;
    }

    @Override
    ChunkRef ref(QuorumWrite.Attempt attempt) {
        return new ChunkRef(attempt.id(), source.length(), source.crc32c());
    }

    @Override
    CompletableFuture<Boolean> keep(QuorumWrite.Attempt attempt) {
        ChunkStore own = store;
        int group = attempt.id().group();
        if (own == null) {
            return CompletableFuture.completedFuture(false);
        }
        if (isKept && attempt.id().equals(source.id())) {
            return CompletableFuture.completedFuture(context.admission().counts(group));
        }
        return CompletableFuture.supplyAsync(() -> copy(own, attempt), io);
    }

    private boolean copy(ChunkStore own, QuorumWrite.Attempt attempt) {
        int group = attempt.id().group();
        if (!context.admission().accepts(group)) {
            throw new VarveException(ErrorCode.NOT_READY, context.self() + " takes no chunks of group " + group);
        }
        long counted = context.admission().term(group);
        try (FileDraft draft = own.draft(attempt.id(), birth)) {
            ByteBuffer part = ByteBuffer.allocate(Messages.PART_BYTES);
            for (long at = 0; at < source.length(); at += part.capacity()) {
                bytes.read(at, part.clear().limit((int) Math.min(part.capacity(), source.length() - at)));
                draft.out().write(part.array(), 0, part.limit());
            }
            draft.commit(ref(attempt));
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "copy chunk " + source.id() + ": " + e, e);
        }
        return context.admission().counts(group, counted);
    }

    @Override
    CompletableFuture<Boolean> bring(QuorumWrite.Attempt attempt, String node) {
        return CompletableFuture.supplyAsync(
                () -> context.peers()
                        .sendFile(
                                node,
                                ref(attempt),
                                birth,
                                bytes,
                                context.settings().readTimeout()),
                io);
    }
}
