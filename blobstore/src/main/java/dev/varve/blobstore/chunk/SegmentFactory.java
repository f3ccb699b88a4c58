package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes segments, one placement group after the other, and hands out those that an earlier run left unfinished. */
final class SegmentFactory {
    private final Disk disk;
    private final Path folder;
    private final UUID diskUuid;
    private final int boot;
    private final SegmentTable table;
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicInteger groups;
    private final Queue<SegmentTable.Entry> unfinished = new ConcurrentLinkedQueue<>();

    SegmentFactory(Disk disk, Path folder, UUID diskUuid, int boot, SegmentTable table) {
        this.disk = disk;
        this.folder = folder;
        this.diskUuid = diskUuid;
        this.boot = boot;
        this.table = table;
        this.groups = new AtomicInteger(boot);
    }

    /** Lets a segment be continued, which must end where it is indexed. */
    void offer(SegmentTable.Entry entry) {
        unfinished.add(entry);
    }

    /** The next placement group in turn. */
    int nextGroup() {
        return Math.floorMod(groups.getAndIncrement(), ChunkStore.GROUPS);
    }

    /** A segment to write, empty or not. */
    SegmentWriter next(ByteBuffer staging) throws IOException {
        SegmentTable.Entry entry = unfinished.poll();
        while (entry != null) {
            SegmentTable.Entry now = table.entry(entry.segment().id());
            if (now != null && !now.row().damaged() && !now.row().sealed()) {
                return SegmentWriter.resume(
                        disk, now.segment(), staging, now.row().indexed());
            }
            entry = unfinished.poll();
        }
        return create(nextGroup(), staging);
    }

    /** An empty segment. */
    SegmentWriter create(int group, ByteBuffer staging) throws IOException {
        long id = Segment.id(boot, numbers.incrementAndGet());
        Segment segment = Segment.of(folder.resolve(Segment.fileName(id, group)), diskUuid);
        SegmentWriter writer = SegmentWriter.create(disk, segment, staging);
        table.add(segment, SegmentRow.of(segment));
        return writer;
    }
}
