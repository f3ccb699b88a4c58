package dev.varve.blobstore.media;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** A PNG reduced to the chunks that are the picture; the others may unpack to anything. */
final class PngPicture implements MediaSource {
    private static final Set<String> KEPT = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");
    private static final int MOST_RUNS = 100_000;

    /** Where in the file the run of kept bytes begins that begins here in the picture. */
    private final NavigableMap<Long, Long> runs;

    private final MediaSource file;
    private final long length;

    private PngPicture(MediaSource file, NavigableMap<Long, Long> runs, long length) {
        this.file = file;
        this.runs = runs;
        this.length = length;
    }

    static PngPicture of(MediaSource file) throws UnreadableException {
        NavigableMap<Long, Long> runs = new TreeMap<>();
        runs.put(0L, 0L);
        Span whole = Span.whole(file, new MediaLimits(Long.MAX_VALUE, Integer.MAX_VALUE, 0, 0));
        long kept = 8;
        long keptTo = 8;
        for (long at = 8; whole.has(at, 8); ) {
            long size = Math.min(12 + whole.u32(at), file.length() - at);
            String type = whole.ascii(at + 4, 4);
            if (KEPT.contains(type)) {
                if (at != keptTo) {
                    runs.put(kept, at);
                }
                kept += size;
                keptTo = at + size;
            }
            if (runs.size() > MOST_RUNS) {
                throw new UnreadableException("has too many chunks");
            }
            at += size;
            if (type.equals("IEND")) {
                break;
            }
        }
        return new PngPicture(file, runs, kept);
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        long at = offset;
        while (target.hasRemaining()) {
            Map.Entry<Long, Long> run = runs.floorEntry(at);
            Long next = runs.higherKey(at);
            long left = (next == null ? length : next) - at;
            ByteBuffer slice = target.slice(target.position(), (int) Math.min(left, target.remaining()));
            int count = slice.remaining();
            file.read(run.getValue() + at - run.getKey(), slice);
            target.position(target.position() + count);
            at += count;
        }
    }
}
