package dev.varve.blobstore.media;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The process that {@link ThumbnailProcess} starts: reads a request, asks for bytes of the picture, answers, until there is
 * no more request.
 */
final class ThumbnailChild {
    /** Said once, when requests are taken. */
    static final byte READY = 1;
    /** Followed by an offset and a count; bytes come back. */
    static final byte READ = 2;
    /** Followed by the number of pictures, and of each its side, its length and its bytes. */
    static final byte MADE = 3;
    /** Followed by a reason. */
    static final byte REFUSED = 4;

    private ThumbnailChild() {}

    public static void main(String[] arguments) throws IOException {
        DataInputStream in = new DataInputStream(System.in);
        // Nothing that prints to the standard output may get between.
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        System.setOut(System.err);
        out.writeByte(READY);
        out.flush();
        for (int sides = in.read(); sides > 0; sides = in.read()) {
            answer(Request.read(in, sides), new Asked(in, out), out);
            out.flush();
        }
    }

    private static void answer(Request request, Asked source, DataOutputStream out) throws IOException {
        try {
            Map<Integer, byte[]> made =
                    Thumbnails.make(source.of(request.length), request.facts, request.sides, request.limits);
            out.writeByte(MADE);
            out.writeInt(made.size());
            for (Map.Entry<Integer, byte[]> picture : made.entrySet()) {
                out.writeInt(picture.getKey());
                out.writeInt(picture.getValue().length);
                out.write(picture.getValue());
            }
        } catch (Thumbnails.RefusedException e) {
            String reason = String.valueOf(e.getMessage());
            out.writeByte(REFUSED);
            out.writeUTF(reason.substring(0, Math.min(reason.length(), ThumbnailProcess.MOST_REASON)));
        }
    }

    /** A picture and what is wanted of it. */
    record Request(long length, MediaFacts facts, SortedSet<Integer> sides, Thumbnails.Limits limits) {
        /** The number of sides comes first, so that a request never begins with the end of the pipe. */
        void write(DataOutputStream out) throws IOException {
            MediaFacts.Size size = facts.size().orElseThrow();
            out.writeByte(sides.size());
            for (int side : sides) {
                out.writeInt(side);
            }
            out.writeLong(length);
            out.writeUTF(facts.type().name());
            out.writeInt(size.width());
            out.writeInt(size.height());
            out.writeInt(facts.orientation());
            out.writeLong(limits.pixels());
            out.writeLong(limits.bytes());
            out.writeInt(limits.scans());
            out.writeLong(limits.time().toMillis());
        }

        static Request read(DataInputStream in, int count) throws IOException {
            SortedSet<Integer> sides = new TreeSet<>();
            for (int i = 0; i < count; i++) {
                sides.add(in.readInt());
            }
            return new Request(
                    in.readLong(),
                    new MediaFacts(
                            MediaType.valueOf(in.readUTF()),
                            Optional.of(new MediaFacts.Size(in.readInt(), in.readInt())),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            in.readInt(),
                            Map.of(),
                            List.of()),
                    sides,
                    new Thumbnails.Limits(
                            in.readLong(), in.readLong(), in.readInt(), Duration.ofMillis(in.readLong())));
        }
    }

    /** Bytes of the picture, asked for through the pipe. */
    private record Asked(DataInputStream in, DataOutputStream out) {
        MediaSource of(long length) {
            return new MediaSource() {
                @Override
                public long length() {
                    return length;
                }

                @Override
                public void read(long offset, ByteBuffer target) {
                    try {
                        int count = target.remaining();
                        out.writeByte(READ);
                        out.writeLong(offset);
                        out.writeInt(count);
                        out.flush();
                        byte[] bytes = in.readNBytes(count);
                        if (bytes.length < count) {
                            throw new IOException("the pipe ends");
                        }
                        target.put(bytes);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };
        }
    }
}
