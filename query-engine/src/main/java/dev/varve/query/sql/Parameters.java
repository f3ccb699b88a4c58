package dev.varve.query.sql;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Matches a statement's values with its parameters. */
final class Parameters {
    private Parameters() {}

    /** The value of each parameter of the text, in order. */
    static List<@Nullable Object> values(SqlText text, SqlPlanner.Statement statement) {
        List<@Nullable Object> values = new ArrayList<>();
        Set<String> named = new HashSet<>();
        int position = 0;
        for (String name : text.parameters()) {
            if (name == null) {
                if (position >= statement.positional().size()) {
                    throw new VarveException(
                                    ErrorCode.SQL_INVALID,
                                    "the query has more ? than the "
                                            + statement.positional().size() + " values sent")
                            .withHint("send one value in params for each ?");
                }
                values.add(statement.positional().get(position++));
            } else {
                if (!statement.named().containsKey(name)) {
                    throw new VarveException(ErrorCode.SQL_INVALID, "no value was sent for parameter :" + name)
                            .withHint("send params as an object such as {\"" + name + "\": 1}");
                }
                named.add(name);
                values.add(statement.named().get(name));
            }
        }
        if (position < statement.positional().size()) {
            throw new VarveException(
                    ErrorCode.SQL_INVALID,
                    statement.positional().size() + " values were sent for " + position + " ? in the query");
        }
        for (String name : statement.named().keySet()) {
            if (!named.contains(name)) {
                throw new VarveException(
                        ErrorCode.SQL_INVALID, "a value was sent for :" + name + ", which is not in the query");
            }
        }
        return values;
    }
}
