package dev.varve.ingest.decode;

import dev.varve.model.ColumnType;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;

/** Writes texts as values into one column of a batch; used by one thread. */
sealed interface Cell {
    /** Writes the value, or null where the text stands for no value; returns whether there is a value. */
    boolean set(int row, Text text) throws BadValue;

    /** Bytes of the value written last. */
    default int bytes() {
        return 8;
    }

    static Cell of(ColumnType type, FieldVector vector, Scaling scaling, Times times, TextRules rules) {
        return switch (type) {
            case LONG -> new Longs((BigIntVector) vector, scaling);
            case INT -> new Ints((IntVector) vector, scaling);
            case DOUBLE -> new Doubles((Float8Vector) vector, scaling);
            case FLOAT -> new Floats((Float4Vector) vector, scaling);
            case BOOLEAN -> new Booleans((BitVector) vector);
            case STRING -> new Strings((VarCharVector) vector, rules);
            case TIMESTAMP -> new Timestamps((TimeStampMicroVector) vector, times);
            case DATE -> new Dates((DateDayVector) vector, times);
            case BINARY -> new Binaries((VarBinaryVector) vector, rules.valueBytes());
        };
    }

    /**
     * How texts become strings.
     *
     * @param valueBytes longest value
     * @param emptyIsNull whether the empty text is no value, as in CSV
     * @param isReplacing whether U+FFFD stands where bytes were not UTF-8
     */
    record TextRules(int valueBytes, boolean emptyIsNull, boolean isReplacing) {}

    record Longs(BigIntVector vector, Scaling scaling) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, scaling.toLong(text));
            return true;
        }
    }

    record Ints(IntVector vector, Scaling scaling) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, narrow(scaling.toLong(text)));
            return true;
        }

        static int narrow(long value) throws BadValue {
            if ((int) value != value) {
                throw new BadValue("beyond 32 bits");
            }
            return (int) value;
        }
    }

    record Doubles(Float8Vector vector, Scaling scaling) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            double value = text.strip().length() == 0 ? Double.NaN : scaling.toDouble(text);
            if (Double.isNaN(value)) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, value);
            return true;
        }
    }

    record Floats(Float4Vector vector, Scaling scaling) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            double value = text.strip().length() == 0 ? Double.NaN : scaling.toDouble(text);
            if (Double.isNaN(value)) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, narrow(value));
            return true;
        }

        static float narrow(double value) throws BadValue {
            float narrow = (float) value;
            if (Float.isInfinite(narrow)) {
                throw new BadValue("beyond the range of a float");
            }
            return narrow;
        }

        @Override
        public int bytes() {
            return 4;
        }
    }

    record Booleans(BitVector vector) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, isTrue(text) ? 1 : 0);
            return true;
        }

        static boolean isTrue(Text text) throws BadValue {
            if (text.length() == 1) {
                return switch (text.charAt(0)) {
                    case '1', 't', 'T' -> true;
                    case '0', 'f', 'F' -> false;
                    default -> throw notABoolean();
                };
            }
            if (text.equalsIgnoringCase("true") || text.equalsIgnoringCase("yes")) {
                return true;
            }
            if (text.equalsIgnoringCase("false") || text.equalsIgnoringCase("no")) {
                return false;
            }
            throw notABoolean();
        }

        private static BadValue notABoolean() {
            return new BadValue("not a boolean");
        }

        @Override
        public int bytes() {
            return 1;
        }
    }

    record Timestamps(TimeStampMicroVector vector, Times times) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, times.micros(text));
            return true;
        }
    }

    record Dates(DateDayVector vector, Times times) implements Cell {
        @Override
        public boolean set(int row, Text text) throws BadValue {
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            vector.setSafe(row, times.days(text));
            return true;
        }

        @Override
        public int bytes() {
            return 4;
        }
    }

    /** The text as it is, blanks included. */
    final class Strings implements Cell {
        private final VarCharVector vector;
        private final TextRules rules;
        private final CharsetEncoder encoder = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        private byte[] bytes = new byte[256];
        private int size;

        Strings(VarCharVector vector, TextRules rules) {
            this.vector = vector;
            this.rules = rules;
        }

        @Override
        public boolean set(int row, Text text) throws BadValue {
            size = 0;
            if (text.length() == 0 && rules.emptyIsNull()) {
                vector.setNull(row);
                return false;
            }
            encode(text);
            if (size > rules.valueBytes()) {
                int found = size;
                size = 0;
                throw new BadValue("a text of " + found + " bytes; at most " + rules.valueBytes() + " are allowed");
            }
            vector.setSafe(row, bytes, 0, size);
            return true;
        }

        private void encode(Text text) throws BadValue {
            int length = text.length();
            if (bytes.length < 3 * length) {
                bytes = new byte[3 * length];
            }
            char[] chars = text.array();
            int from = text.start();
            int i = 0;
            while (i < length && chars[from + i] < 0x80) {
                bytes[i] = (byte) chars[from + i];
                i++;
            }
            size = i;
            if (i < length) {
                for (int at = from + i; rules.isReplacing() && at < text.end(); at++) {
                    if (chars[at] == '\uFFFD') {
                        throw new BadValue("not UTF-8");
                    }
                }
                ByteBuffer target = ByteBuffer.wrap(bytes, i, bytes.length - i);
                CoderResult result = encoder.reset().encode(CharBuffer.wrap(chars, from + i, length - i), target, true);
                if (result.isError()) {
                    throw new BadValue("half a character (a lone surrogate)");
                }
                size = target.position();
            }
        }

        @Override
        public int bytes() {
            return 4 + size;
        }
    }

    /** Base64, as JSON and CSV carry bytes. */
    final class Binaries implements Cell {
        private final VarBinaryVector vector;
        private final int valueBytes;
        private int size;

        Binaries(VarBinaryVector vector, int valueBytes) {
            this.vector = vector;
            this.valueBytes = valueBytes;
        }

        @Override
        public boolean set(int row, Text text) throws BadValue {
            size = 0;
            if (text.strip().length() == 0) {
                vector.setNull(row);
                return false;
            }
            byte[] value;
            try {
                value = Base64.getDecoder().decode(text.toString());
            } catch (IllegalArgumentException e) {
                throw new BadValue("not base64");
            }
            if (value.length > valueBytes) {
                throw new BadValue(value.length + " bytes; at most " + valueBytes + " are allowed");
            }
            vector.setSafe(row, value);
            size = value.length;
            return true;
        }

        @Override
        public int bytes() {
            return 4 + size;
        }
    }
}
