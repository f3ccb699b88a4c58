package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** RFC 4180 with a header; null is the empty field, the empty text is {@code ""}. */
record CsvFormat() implements ResultFormat.Streamed {
    @Override
    public String label() {
        return "csv";
    }

    @Override
    public String mediaType() {
        return "text/csv";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream out) {
        return new Writer(schema, new TextSink(out));
    }

    private static final class Writer implements ResultWriter {
        private final Schema schema;
        private final TextSink out;
        private boolean begun;

        Writer(Schema schema, TextSink out) {
            this.schema = schema;
            this.out = out;
        }

        private void begin() {
            if (begun) {
                return;
            }
            begun = true;
            boolean first = true;
            for (Field field : schema.getFields()) {
                if (!first) {
                    out.ascii(',');
                }
                first = false;
                out.csvField(field.getName());
            }
            out.text("\r\n");
        }

        @Override
        public void write(VectorSchemaRoot batch) {
            begin();
            CellWriter[] cells =
                    batch.getFieldVectors().stream().map(Cells.CSV::of).toArray(CellWriter[]::new);
            for (int row = 0; row < batch.getRowCount(); row++) {
                for (int i = 0; i < cells.length; i++) {
                    if (i > 0) {
                        out.ascii(',');
                    }
                    cells[i].write(row, out);
                }
                out.ascii('\r').ascii('\n');
            }
            out.drain();
        }

        @Override
        public void end(ObjectNode stats) {
            begin();
            out.drain();
        }

        @Override
        public void fail(ObjectNode problem) {
            begin();
            out.drain();
        }
    }
}
