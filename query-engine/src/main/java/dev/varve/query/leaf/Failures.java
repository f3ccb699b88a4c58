package dev.varve.query.leaf;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes of DuckDB's sentences errors with codes. */
final class Failures {
    /** What the driver says when a streamed query failed before its first batch; the real sentence is lost. */
    private static final String LOST = "Invalid result set";

    private static final Pattern ARROW =
            Pattern.compile("CDataJniException\\{errno=-?\\d+, message=(.*)}", Pattern.DOTALL);
    private static final Pattern KIND = Pattern.compile("^(?:Error: )?([A-Za-z][A-Za-z ]{0,40}?) Error: ");
    private static final Pattern REPORTED =
            Pattern.compile("varve\u0001(\\w+)\u0001(.*?)\u0001(.*?)\u0001", Pattern.DOTALL);

    /** DuckDB calls a file it cannot read invalid input. */
    private static final Pattern BAD_FILE =
            Pattern.compile("\\bfile ['\"]|^No magic bytes|TProtocolException", Pattern.CASE_INSENSITIVE);

    private Failures() {}

    static boolean isLost(Throwable failure) {
        return sentence(failure).endsWith(LOST);
    }

    /** The text a function's error travels in through native code. */
    static String report(ErrorCode code, String message, String hint) {
        return "varve\u0001" + code + "\u0001" + message + "\u0001" + hint + "\u0001";
    }

    /**
     * The error for the caller.
     *
     * @param alone whether no other query was running
     */
    static VarveException translate(Throwable failure, boolean alone) {
        if (failure instanceof VarveException known) {
            return known;
        }
        if (failure instanceof OutOfMemoryError || failure instanceof org.apache.arrow.memory.OutOfMemoryException) {
            return outOfMemory(failure, alone);
        }
        String text = sentence(failure);
        Matcher reported = REPORTED.matcher(text);
        if (reported.find()) {
            VarveException error = new VarveException(ErrorCode.valueOf(reported.group(1)), reported.group(2), failure);
            return reported.group(3).isEmpty() ? error : error.withHint(reported.group(3));
        }
        Matcher matcher = KIND.matcher(text);
        String kind = matcher.find() ? matcher.group(1) : "";
        String said = firstSentence(kind.isEmpty() ? text : text.substring(matcher.end()));
        if (kind.equals("Invalid Input") && BAD_FILE.matcher(said).find()) {
            return new VarveException(ErrorCode.STORAGE, "reading stored files failed: " + said, failure);
        }
        if (said.startsWith("Max expression depth")) {
            return new VarveException(ErrorCode.TOO_LARGE, "an expression of the query is nested too deeply", failure)
                    .withHint("split long sums and nested cases into several columns of a subquery");
        }
        return switch (kind) {
            case "Out of Memory" -> outOfMemory(failure, alone);
            case "INTERRUPT" -> new VarveException(ErrorCode.CANCELLED, "the query was cancelled", failure);
            case "Conversion",
                    "Out of Range",
                    "Invalid Input",
                    "Mismatch Type",
                    "Invalid Type",
                    "Constraint",
                    "Divide by Zero",
                    "Decimal",
                    "Expression",
                    "Value",
                    "Sequence" -> new VarveException(ErrorCode.SQL_RUNTIME, said, failure);
            case "Binder", "Not implemented", "Parameter Not Allowed" ->
                new VarveException(ErrorCode.SQL_UNSUPPORTED, said, failure);
            case "IO", "HTTP" -> new VarveException(ErrorCode.STORAGE, "reading stored files failed: " + said, failure);
            default ->
                new VarveException(
                        ErrorCode.INTERNAL,
                        "the leaf engine failed: " + (kind.isEmpty() ? "" : kind + ": ") + said,
                        failure);
        };
    }

    private static VarveException outOfMemory(Throwable failure, boolean alone) {
        return alone
                ? new VarveException(ErrorCode.TOO_LARGE, "the query needs more memory than it may have", failure)
                        .withHint("narrow the time range or region, or group by fewer values")
                : new VarveException(
                                ErrorCode.OVERLOADED, "the queries running now need more memory than there is", failure)
                        .withHint("try again later, or narrow the time range or region");
    }

    private static String sentence(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        Matcher matcher = ARROW.matcher(message);
        return matcher.find() ? matcher.group(1) : message;
    }

    /** Without the place in our generated SQL and without advice to change the engine's settings. */
    private static String firstSentence(String text) {
        int end = text.indexOf('\n');
        String line = end < 0 ? text : text.substring(0, end);
        int advice = line.indexOf(" Use TRY(");
        return (advice < 0 ? line : line.substring(0, advice)).strip();
    }
}
