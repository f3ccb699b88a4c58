package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What there is to know of a chunk of a log to make the log's pointer again. */
public sealed interface LogFact {
    /** The log's name. */
    String log();

    /** The chunk. */
    ChunkRef ref();

    /**
     * An entry without its records.
     *
     * @param first position of its first record
     * @param end position after its last record
     * @param before the entry before it; empty of the first one
     */
    record OfEntry(String log, ChunkRef ref, long epoch, long first, long end, long trusted, Optional<ChunkRef> before)
            implements LogFact {
        Link link() {
            return new Link(first, ref);
        }

        /** Whether it is another copy of the same records, written because the first was not known to be durable. */
        boolean isCopyOf(OfEntry other) {
            return end == other.end && ref.length() == other.ref.length() && ref.crc32c() == other.ref.crc32c();
        }
    }

    /** The manifest of a checkpoint at a position. */
    record OfCheckpoint(String log, ChunkRef ref, long position) implements LogFact {}

    /** Looks at a chunk, which may be anything; empty if it belongs to no log. */
    static Optional<LogFact> read(ChunkRef ref, ByteBuffer bytes) {
        Optional<LogFact> entry = entry(ref, bytes);
        return entry.isPresent() ? entry : checkpoint(ref, bytes);
    }

    /** Whether a chunk that begins with these bytes can be one of a log, so that it is worth to be read as a whole. */
    static boolean mayBegin(ByteBuffer bytes) {
        int magic = bytes.remaining() < Integer.BYTES ? 0 : bytes.getInt(bytes.position());
        return magic == Entry.MAGIC || magic == Manifest.MAGIC;
    }

    private static Optional<LogFact> entry(ChunkRef ref, ByteBuffer bytes) {
        try {
            Entry entry = Entry.decoded(bytes);
            Optional<ChunkRef> before = entry.previous().isEmpty()
                    ? Optional.empty()
                    : Optional.of(entry.previous().getLast().ref());
            return Optional.of(
                    new OfEntry(entry.log(), ref, entry.epoch(), entry.first(), entry.end(), entry.trusted(), before));
        } catch (VarveException e) {
            return somethingElse(e);
        }
    }

    private static Optional<LogFact> checkpoint(ChunkRef ref, ByteBuffer bytes) {
        try {
            Manifest manifest = Manifest.decoded(bytes);
            return Optional.of(new OfCheckpoint(manifest.log(), ref, manifest.position()));
        } catch (VarveException e) {
            return somethingElse(e);
        }
    }

    private static Optional<LogFact> somethingElse(VarveException e) {
        if (e.code() != ErrorCode.CORRUPT) {
            throw e;
        }
        return Optional.empty();
    }
}
