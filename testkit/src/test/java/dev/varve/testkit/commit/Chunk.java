package dev.varve.testkit.commit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A batch as it is stored: a checksum, then its fields as text.
 *
 * @param before the chunk before it in the log; empty if there is none
 * @param ops numbers of operations in {@link Ops}
 */
record Chunk(String id, long epoch, long seq, String before, List<Integer> ops) {
    Chunk {
        ops = List.copyOf(ops);
    }

    ByteBuffer encoded() {
        StringBuilder text = new StringBuilder();
        text.append(id).append(' ').append(epoch).append(' ').append(seq).append(' ');
        text.append(before.isEmpty() ? "-" : before);
        ops.forEach(op -> text.append(' ').append(op));
        byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(Integer.BYTES + bytes.length)
                .putInt(checksum(bytes))
                .put(bytes)
                .flip();
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    static Optional<Chunk> decoded(ByteBuffer buffer, boolean verifies) {
        if (buffer.remaining() < Integer.BYTES) {
            return Optional.empty();
        }
        ByteBuffer from = buffer.duplicate();
        int expected = from.getInt();
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        if (verifies && checksum(bytes) != expected) {
            return Optional.empty();
        }
        List<String> fields = List.of(new String(bytes, StandardCharsets.ISO_8859_1).split(" ", -1));
        try {
            List<Integer> ops = new ArrayList<>();
            fields.subList(4, fields.size()).forEach(op -> ops.add(Integer.parseInt(op)));
            String before = fields.get(3).equals("-") ? "" : fields.get(3);
            return Optional.of(new Chunk(
                    fields.get(0), Long.parseLong(fields.get(1)), Long.parseLong(fields.get(2)), before, ops));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            // Only where nothing is verified.
            return Optional.empty();
        }
    }
}
