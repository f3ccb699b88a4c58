package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.dictionary.DictionaryProvider.MapDictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ArrowFuzzTest {
    private static final Schema SCHEMA = new Schema(
            List.of(
                    new Column("name", ColumnType.STRING),
                    new Column("code", ColumnType.STRING),
                    new Column("t", ColumnType.DOUBLE),
                    new Column("n", ColumnType.LONG)),
            List.of(),
            9);

    private static byte[] stream(CodecType codec, int batches, int rows) throws IOException {
        try (BufferAllocator memory = new RootAllocator();
                VarCharVector words = new VarCharVector("words", memory)) {
            words.setSafe(0, "alpha".getBytes(StandardCharsets.UTF_8));
            words.setSafe(1, "beta".getBytes(StandardCharsets.UTF_8));
            words.setValueCount(2);
            Dictionary dictionary = new Dictionary(words, new DictionaryEncoding(7, false, null));
            TimeStampMicroVector time = new TimeStampMicroVector("time", memory);
            VarCharVector name = new VarCharVector("name", memory);
            VarCharVector plain = new VarCharVector("code", memory);
            Float8Vector t = new Float8Vector("t", memory);
            BigIntVector n = new BigIntVector("n", memory);
            for (int i = 0; i < rows; i++) {
                time.setSafe(i, i);
                name.setSafe(i, ("station " + i).getBytes(StandardCharsets.UTF_8));
                plain.setSafe(i, (i % 2 == 0 ? "alpha" : "beta").getBytes(StandardCharsets.UTF_8));
                t.setSafe(i, i * 0.5);
                n.setSafe(i, i);
            }
            List<FieldVector> all = List.of(time, name, plain, t, n);
            all.forEach(vector -> vector.setValueCount(rows));
            FieldVector code = (FieldVector) DictionaryEncoder.encode(plain, dictionary);
            plain.close();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            MapDictionaryProvider dictionaries = new MapDictionaryProvider(dictionary);
            try (VectorSchemaRoot root = VectorSchemaRoot.of(time, name, code, t, n);
                    ArrowStreamWriter writer = codec == CodecType.NO_COMPRESSION
                            ? new ArrowStreamWriter(root, dictionaries, out)
                            : new ArrowStreamWriter(
                                    root,
                                    dictionaries,
                                    java.nio.channels.Channels.newChannel(out),
                                    IpcOption.DEFAULT,
                                    CommonsCompressionFactory.INSTANCE,
                                    codec)) {
                writer.start();
                for (int i = 0; i < batches; i++) {
                    writer.writeBatch();
                }
                writer.end();
            }
            return out.toByteArray();
        }
    }

    private static Decoded decode(byte[] bytes, DecodeLimits limits) {
        return Decoded.of(BodyFormat.ARROW_STREAM, new ByteArrayInputStream(bytes), Mapping.DEFAULT, SCHEMA, limits);
    }

    @ParameterizedTest
    @EnumSource(CodecType.class)
    void wholeStreamsAreRead(CodecType codec) throws IOException {
        byte[] bytes = stream(codec, 3, 1_000);
        Decoded decoded = decode(bytes, DecodeLimits.DEFAULT.withBatches(300, 1 << 20));
        assertThat(decoded.errors()).isEmpty();
        assertThat(decoded.rows()).hasSize(3_000);
        assertThat(decoded.batches()).startsWith(300, 300, 300, 100, 300);
        assertThat(decoded.rows().get(1_301))
                .isEqualTo(Arrays.asList("1970-01-01T00:00:00.000301", null, null, "station 301", "beta", 150.5, 301L));
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> seeds() {
        long only = Long.getLong("varve.seed", -1);
        return Stream.of(CodecType.values())
                .flatMap(codec -> Stream.of(1L, 2L, 3L)
                        .map(seed -> org.junit.jupiter.params.provider.Arguments.of(codec, only < 0 ? seed : only)));
    }

    /** Ends in an answer or a VarveException; Decoded sees that no memory stays behind. */
    @ParameterizedTest(name = "{0} seed {1}")
    @MethodSource("seeds")
    void brokenStreamsNeverDoHarm(CodecType codec, long seed) throws IOException {
        byte[] whole = stream(codec, 2, 20);
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 1_500; round++) {
            byte[] bytes = damaged(whole, random);
            try {
                decode(bytes, DecodeLimits.DEFAULT);
            } catch (VarveException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        if (random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 8; i++) {
            int at = random.nextInt(bytes.length - 8);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> Arrays.fill(bytes, at, at + 4, (byte) 0xFF);
                default -> Arrays.fill(bytes, at, at + 8, (byte) random.nextInt());
            }
        }
        return bytes;
    }
}
