package dev.varve.blobstore.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PointerRecoveryTest {
    private static final Origin ORIGIN = new Origin("a", 1);

    private final PointerRecovery recovery = new PointerRecovery("meta/00");
    private long chunks;

    private ChunkRef add(ByteBuffer bytes) {
        ChunkRef ref = new ChunkRef(new ChunkId(7, chunks++), bytes.remaining(), Follow.checksum(bytes));
        add("a", ref, bytes);
        return ref;
    }

    private boolean add(String disk, ChunkRef ref, ByteBuffer bytes) {
        return LogFact.read(ref, bytes).map(fact -> recovery.add(disk, fact)).orElse(false);
    }

    private Pointer pointer() {
        return recovery.find().orElseThrow().pointer();
    }

    private static ByteBuffer entry(String log, long epoch, long first, int records, List<Link> previous) {
        List<Logged> logged = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            logged.add(new Logged(ORIGIN, first + i, ByteBuffer.wrap(new byte[i])));
        }
        return new Entry(log, epoch, first, 1000 + first, 2000 + first, previous, logged).encoded();
    }

    /** Adds an entry behind others and to their links. */
    private ChunkRef next(long epoch, long first, int records, List<Link> links) {
        ChunkRef ref = add(entry("meta/00", epoch, first, records, links));
        links.add(new Link(first, ref));
        return ref;
    }

    @Test
    void takesTheNewestEntryOfTheHighestEpoch() {
        List<Link> links = new ArrayList<>();
        next(1, 0, 10, links);
        List<Link> fork = new ArrayList<>(links);
        // Of a leader that did not know that it was none any more.
        next(1, 10, 90, fork);
        next(2, 10, 5, links);
        ChunkRef head = next(4, 15, 1, links);
        add(entry("meta/01", 9, 0, 4, List.of()));
        assertThat(pointer())
                .isEqualTo(new Pointer(
                        4 + PointerRecovery.EPOCH_STEP,
                        Owner.NOBODY,
                        true,
                        16,
                        Optional.of(new Link(15, head)),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        2015));
    }

    @Test
    void beginsWhereEntriesAreGoneAndKnowsCheckpoints() {
        List<Link> links = new ArrayList<>(List.of(new Link(0, new ChunkRef(new ChunkId(1, 1), 5, 5))));
        next(1, 10, 10, links);
        next(1, 20, 10, links);
        add(new Manifest("meta/00", 5, ByteBuffer.wrap(new byte[3])).encoded());
        ChunkRef older = add(new Manifest("meta/00", 12, ByteBuffer.wrap(new byte[3])).encoded());
        ChunkRef newer = add(new Manifest("meta/00", 25, ByteBuffer.wrap(new byte[3])).encoded());
        add(new Manifest("meta/01", 26, ByteBuffer.wrap(new byte[3])).encoded());
        assertThat(add("a", new ChunkRef(new ChunkId(1, 2), 9, 0), ByteBuffer.allocate(9)))
                .isFalse();
        Pointer pointer = pointer();
        assertThat(pointer.start()).isEqualTo(10);
        assertThat(pointer.end()).isEqualTo(30);
        assertThat(pointer.checkpoint()).contains(new Pointer.Mark(25, newer));
        assertThat(pointer.previous()).contains(new Pointer.Mark(12, older));
        assertThat(Pointer.decoded(pointer.encoded())).isEqualTo(pointer);
    }

    @Test
    void withoutAnEntryThereIsNoPointer() {
        assertThat(recovery.find()).isEmpty();
    }

    @Test
    void ofTwoCopiesOfAnEntryTakesThatOnMoreDisks() {
        ByteBuffer bytes = entry("meta/00", 1, 0, 3, List.of());
        ChunkRef few = add(bytes.duplicate());
        ChunkRef many = new ChunkRef(new ChunkId(1, 1), few.length(), few.crc32c());
        add("b", many, bytes.duplicate());
        add("c", many, bytes.duplicate());
        PointerRecovery.Found found = recovery.find().orElseThrow();
        assertThat(found.pointer().head()).contains(new Link(0, many));
        assertThat(found.disks()).containsExactly("b", "c");
        assertThat(found.entries()).isEqualTo(1);
    }

    @Test
    void refusesAFork() {
        List<Link> links = new ArrayList<>();
        next(1, 0, 10, links);
        next(2, 10, 3, new ArrayList<>(links));
        next(2, 10, 4, new ArrayList<>(links));
        assertThatThrownBy(recovery::find)
                .hasMessageContaining("log meta/00: two different entries begin at 10 in epoch 2")
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }

    @Test
    void refusesAnEntryThatDoesNotFollowTheOneItNames() {
        List<Link> links = new ArrayList<>();
        next(1, 0, 10, links);
        next(2, 12, 3, links);
        assertThatThrownBy(recovery::find).hasMessageContaining("the entry at 12 of epoch 2 names one before it");
    }
}
