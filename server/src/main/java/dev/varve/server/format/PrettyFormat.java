package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A table for people; shows at most {@link #MOST_ROWS} rows and says when there are more. Long values are cut, but not
 * those of a single column, which disturb nothing beside them: a plan, for example, is read whole.
 */
record PrettyFormat() implements ResultFormat.Streamed {
    static final int MOST_ROWS = 1_000;
    private static final int MOST_WIDTH = 120;

    @Override
    public String label() {
        return "pretty";
    }

    @Override
    public String mediaType() {
        return "text/plain";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream out) {
        return new Writer(schema, new TextSink(out));
    }

    private static final class Writer implements ResultWriter {
        private final List<Field> fields;
        private final TextSink out;
        private final List<String[]> rows = new ArrayList<>();
        private boolean hasMore;

        Writer(Schema schema, TextSink out) {
            this.fields = schema.getFields();
            this.out = out;
        }

        @Override
        public void write(VectorSchemaRoot batch) {
            int count = Math.min(batch.getRowCount(), MOST_ROWS - rows.size());
            hasMore |= count < batch.getRowCount();
            for (int row = 0; row < count; row++) {
                String[] line = new String[fields.size()];
                for (int i = 0; i < line.length; i++) {
                    line[i] = text(batch.getVector(i), row);
                }
                rows.add(line);
            }
        }

        @Override
        public boolean isFull() {
            return hasMore;
        }

        private String text(FieldVector vector, int row) {
            if (vector.isNull(row)) {
                return "";
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            TextSink cell = new TextSink(bytes);
            if (vector.getField().getType() instanceof ArrowType.Utf8) {
                return shown(String.valueOf(vector.getObject(row)));
            }
            Cells.CSV.of(vector).write(row, cell);
            cell.drain();
            return shown(bytes.toString(StandardCharsets.UTF_8));
        }

        private String shown(String text) {
            String line = text.replaceAll("[\\p{Cntrl}]", " ");
            return line.length() <= MOST_WIDTH || fields.size() == 1 ? line : line.substring(0, MOST_WIDTH - 1) + "…";
        }

        private void table() {
            int[] widths = new int[fields.size()];
            for (int i = 0; i < widths.length; i++) {
                widths[i] = width(fields.get(i).getName());
                for (String[] row : rows) {
                    widths[i] = Math.max(widths[i], width(row[i]));
                }
            }
            line(fields.stream().map(Field::getName).toArray(String[]::new), widths);
            for (int i = 0; i < widths.length; i++) {
                out.text(i == 0 ? "-" : "-+-").text("-".repeat(Math.min(widths[i], MOST_WIDTH)));
            }
            out.text("-\n");
            for (String[] row : rows) {
                line(row, widths);
            }
        }

        private void line(String[] cells, int[] widths) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.length; i++) {
                String padding = " ".repeat(widths[i] - width(cells[i]));
                line.append(i == 0 ? " " : " | ");
                line.append(isNumber(fields.get(i)) ? padding + cells[i] : cells[i] + padding);
            }
            out.text(line.toString().stripTrailing()).ascii('\n');
        }

        private static int width(String text) {
            return text.codePointCount(0, text.length());
        }

        private static boolean isNumber(Field field) {
            return field.getType() instanceof ArrowType.Int
                    || field.getType() instanceof ArrowType.FloatingPoint
                    || field.getType() instanceof ArrowType.Decimal;
        }

        @Override
        public void end(ObjectNode stats) {
            table();
            if (hasMore) {
                out.text("(first " + rows.size()
                        + " rows; there are more: ask for csv, ndjson, json, arrow or parquet)\n");
            } else {
                out.text("(" + rows.size() + (rows.size() == 1 ? " row)\n" : " rows)\n"));
            }
            out.drain();
        }

        @Override
        public void fail(ObjectNode problem) {
            table();
            out.text("ERROR " + problem.path("code").asText() + ": "
                    + problem.path("detail").asText() + "\n");
            out.drain();
        }
    }
}
