package dev.varve.ingest.decode;

/** A movable window on characters, so that a field is read without making a string of it. */
final class Text implements CharSequence {
    private char[] chars = {};
    private int start;
    private int end;

    static Text of(String text) {
        return new Text().set(text.toCharArray(), 0, text.length());
    }

    Text set(char[] array, int from, int to) {
        chars = array;
        start = from;
        end = to;
        return this;
    }

    /** Narrows the window to leave out blanks at both ends. */
    Text strip() {
        while (start < end && chars[start] <= ' ') {
            start++;
        }
        while (end > start && chars[end - 1] <= ' ') {
            end--;
        }
        return this;
    }

    boolean equalsAny(String[] texts) {
        for (String text : texts) {
            if (contentEquals(text)) {
                return true;
            }
        }
        return false;
    }

    boolean contentEquals(String text) {
        int length = end - start;
        if (text.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) != chars[start + i]) {
                return false;
            }
        }
        return true;
    }

    boolean equalsIgnoringCase(String lowerCase) {
        int length = end - start;
        if (lowerCase.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (lowerCase.charAt(i) != Character.toLowerCase(chars[start + i])) {
                return false;
            }
        }
        return true;
    }

    char[] array() {
        return chars;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    @Override
    public int length() {
        return end - start;
    }

    @Override
    public char charAt(int index) {
        return chars[start + index];
    }

    @Override
    public CharSequence subSequence(int from, int to) {
        return new Text().set(chars, start + from, start + to);
    }

    @Override
    public String toString() {
        return new String(chars, start, end - start);
    }

    /** As much of the text as an error shows. */
    String excerpt() {
        return new String(chars, start, Math.min(end - start, RowError.MAX_VALUE + 1));
    }
}
