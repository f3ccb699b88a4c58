package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** One document with columns, rows as arrays, and at its end what the query took or what went wrong. */
record JsonFormat() implements ResultFormat.Streamed {
    @Override
    public String label() {
        return "json";
    }

    @Override
    public String mediaType() {
        return "application/json";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream out) {
        return new Writer(schema, new TextSink(out));
    }

    private static final class Writer implements ResultWriter {
        private final Schema schema;
        private final TextSink out;
        private boolean begun;
        private boolean hasRows;

        Writer(Schema schema, TextSink out) {
            this.schema = schema;
            this.out = out;
        }

        private void begin() {
            if (begun) {
                return;
            }
            begun = true;
            out.text("{\"columns\":[");
            List<Field> fields = schema.getFields();
            for (int i = 0; i < fields.size(); i++) {
                out.text(i == 0 ? "{\"name\":" : ",{\"name\":")
                        .jsonString(fields.get(i).getName());
                out.text(",\"type\":").jsonString(TypeLabels.of(fields.get(i))).ascii('}');
            }
            out.text("],\"rows\":[");
        }

        @Override
        public void write(VectorSchemaRoot batch) {
            begin();
            CellWriter[] cells =
                    batch.getFieldVectors().stream().map(Cells.JSON::of).toArray(CellWriter[]::new);
            for (int row = 0; row < batch.getRowCount(); row++) {
                if (hasRows) {
                    out.ascii(',');
                }
                hasRows = true;
                out.ascii('\n').ascii('[');
                for (int i = 0; i < cells.length; i++) {
                    if (i > 0) {
                        out.ascii(',');
                    }
                    cells[i].write(row, out);
                }
                out.ascii(']');
            }
            out.drain();
        }

        @Override
        public void end(ObjectNode stats) {
            begin();
            out.text("\n],\"stats\":").text(stats.toString()).text("}\n");
            out.drain();
        }

        @Override
        public void fail(ObjectNode problem) {
            begin();
            out.text("\n],\"error\":").text(problem.toString()).text("}\n");
            out.drain();
        }
    }
}
