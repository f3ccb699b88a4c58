package dev.varve.query;

import dev.varve.model.DatasetName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A part of a query: what one of its leaves makes of some files. The node that is asked plans the same query itself.
 *
 * @param now what {@code now()} is
 * @param leaf number of the leaf in the plan
 * @param dataset that the leaf reads
 * @param blobs files of it, none of which may share a row with a file that is not among them
 */
public record Fragment(
        String sql,
        Params params,
        Set<String> disabledRules,
        Instant now,
        int leaf,
        DatasetName dataset,
        List<String> blobs,
        Duration timeout) {
    private static final int FORMAT = 1;
    private static final int MOST = 1 << 20;

    public Fragment {
        disabledRules = Set.copyOf(disabledRules);
        blobs = List.copyOf(blobs);
    }

    /** Format 1: everything in the order of the components, numbers big-endian, texts as UTF-8 after their length. */
    public ByteBuffer encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            put(out, sql);
            switch (params) {
                case Params.Positional(List<@Nullable Object> values) -> {
                    out.writeByte(0);
                    out.writeInt(values.size());
                    for (Object value : values) {
                        putValue(out, value);
                    }
                }
                case Params.Named(Map<String, @Nullable Object> values) -> {
                    out.writeByte(1);
                    out.writeInt(values.size());
                    for (String name : new TreeSet<>(values.keySet())) {
                        put(out, name);
                        putValue(out, values.get(name));
                    }
                }
            }
            putAll(out, new TreeSet<>(disabledRules));
            putInstant(out, now);
            out.writeInt(leaf);
            put(out, dataset.toString());
            putAll(out, blobs);
            out.writeLong(timeout.toNanos());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static void put(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void putAll(DataOutputStream out, Iterable<String> texts) throws IOException {
        int count = 0;
        for (String text : texts) {
            count += text.isEmpty() ? 0 : 1;
        }
        out.writeInt(count);
        for (String text : texts) {
            put(out, text);
        }
    }

    private static void putInstant(DataOutputStream out, Instant instant) throws IOException {
        out.writeLong(instant.getEpochSecond());
        out.writeInt(instant.getNano());
    }

    private static void putValue(DataOutputStream out, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> out.writeByte('0');
            case String text -> {
                out.writeByte('s');
                put(out, text);
            }
            case Long number -> {
                out.writeByte('l');
                out.writeLong(number);
            }
            case Integer number -> {
                out.writeByte('i');
                out.writeInt(number);
            }
            case Double number -> {
                out.writeByte('d');
                out.writeDouble(number);
            }
            case Boolean flag -> {
                out.writeByte('b');
                out.writeBoolean(flag);
            }
            case Instant instant -> {
                out.writeByte('t');
                putInstant(out, instant);
            }
            default -> throw new IllegalArgumentException("a parameter cannot be a " + value.getClass());
        }
    }

    public static Fragment decode(ByteBuffer encoded) {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readByte() != FORMAT) {
                throw new IOException("not of format " + FORMAT);
            }
            return new Fragment(
                    text(in),
                    params(in),
                    Set.copyOf(texts(in)),
                    instant(in),
                    in.readInt(),
                    new DatasetName(text(in)),
                    texts(in),
                    Duration.ofNanos(in.readLong()));
        } catch (IOException e) {
            throw new UncheckedIOException("not a part of a query", e);
        }
    }

    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > MOST) {
            throw new IOException("a count of " + count);
        }
        return count;
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[count(in)];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int count = count(in);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(in));
        }
        return texts;
    }

    private static Instant instant(DataInputStream in) throws IOException {
        return Instant.ofEpochSecond(in.readLong(), in.readInt());
    }

    private static Params params(DataInputStream in) throws IOException {
        boolean isNamed = in.readByte() == 1;
        int count = count(in);
        Map<String, @Nullable Object> named = new TreeMap<>();
        List<@Nullable Object> positional = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (isNamed) {
                named.put(text(in), value(in));
            } else {
                positional.add(value(in));
            }
        }
        return isNamed ? new Params.Named(named) : new Params.Positional(positional);
    }

    private static @Nullable Object value(DataInputStream in) throws IOException {
        return switch (in.readByte()) {
            case '0' -> null;
            case 's' -> text(in);
            case 'l' -> in.readLong();
            case 'i' -> in.readInt();
            case 'd' -> in.readDouble();
            case 'b' -> in.readBoolean();
            case 't' -> instant(in);
            default -> throw new IOException("an unknown kind of parameter");
        };
    }
}
