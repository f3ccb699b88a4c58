package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/** One JSON object a line and row. */
record NdjsonFormat() implements ResultFormat.Streamed {
    @Override
    public String label() {
        return "ndjson";
    }

    @Override
    public String mediaType() {
        return "application/x-ndjson";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream stream) {
        TextSink out = new TextSink(stream);
        return new ResultWriter() {
            @Override
            public void write(VectorSchemaRoot batch) {
                JsonObjects objects = JsonObjects.of(batch.getFieldVectors());
                for (int row = 0; row < batch.getRowCount(); row++) {
                    objects.write(row, out);
                    out.ascii('\n');
                }
                out.drain();
            }

            @Override
            public void end(ObjectNode stats) {}

            @Override
            public void fail(ObjectNode problem) {
                out.text("{\"$error\":").text(problem.toString()).text("}\n");
                out.drain();
            }
        };
    }
}
