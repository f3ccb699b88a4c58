package dev.varve.query.sql;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlFunction;
import org.apache.calcite.sql.SqlFunctionCategory;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlSyntax;
import org.apache.calcite.sql.SqlWriter;
import org.apache.calcite.sql.type.SqlOperandTypeChecker;
import org.apache.calcite.sql.type.SqlReturnTypeInference;

/** A scalar function that SQL knows by one name and DuckDB by a text with places {@code {0}}, {@code {1}}, … for arguments. */
final class DuckFunction extends SqlFunction {
    private static final Pattern PLACE = Pattern.compile("\\{(\\d)}");

    private final String template;

    /** A {@code template} without places is the name of a function that takes the same arguments. */
    DuckFunction(String name, String template, SqlReturnTypeInference type, SqlOperandTypeChecker operands) {
        super(name, SqlKind.OTHER_FUNCTION, type, null, operands, SqlFunctionCategory.USER_DEFINED_FUNCTION);
        this.template = template;
    }

    @Override
    public void unparse(SqlWriter writer, SqlCall call, int leftPrec, int rightPrec) {
        if (!template.contains("{")) {
            writer.print(template);
            writer.setNeedWhitespace(false);
            SqlWriter.Frame frame = writer.startList("(", ")");
            for (SqlNode operand : call.getOperandList()) {
                writer.sep(",");
                operand.unparse(writer, 0, 0);
            }
            writer.endList(frame);
            return;
        }
        Matcher places = PLACE.matcher(template);
        int done = 0;
        while (places.find()) {
            text(writer, template.substring(done, places.start()));
            int operand = Integer.parseInt(places.group(1));
            call.operand(operand).unparse(writer, 0, 0);
            done = places.end();
        }
        text(writer, template.substring(done));
    }

    private static void text(SqlWriter writer, String text) {
        if (!text.isEmpty()) {
            writer.print(text);
            writer.setNeedWhitespace(!text.endsWith("("));
        }
    }

    @Override
    public SqlSyntax getSyntax() {
        return SqlSyntax.FUNCTION;
    }
}
