package dev.sluice.doctor;

import dev.sluice.catalogue.SourceColumn;
import dev.sluice.mapping.FactColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether every value of a Postgres type has a place in a ClickHouse type. */
final class TypeFit {

  /** Bits of the whole numbers, sign included. */
  private static final Map<String, Integer> BITS =
      Map.of("int2", 16, "int4", 32, "int8", 64, "oid", 33);

  private static final Pattern WHOLE = Pattern.compile("(U?)Int(\\d+)");
  private static final Pattern DECIMAL = Pattern.compile("Decimal\\((\\d+), (\\d+)\\)");
  private static final Pattern LABEL = Pattern.compile("'((?:[^'\\\\]|\\\\.)*)' = -?\\d+");

  private TypeFit() {}

  /** Which values of the source column the fact column has no place for; null where none. */
  static String misfit(SourceColumn source, FactColumn fact) {
    String target = fact.plainType();
    if (source.isArray()) {
      return null;
    }
    Matcher whole = WHOLE.matcher(target);
    if (whole.matches()) {
      return intoWhole(source, target, whole);
    }
    Matcher decimal = DECIMAL.matcher(target);
    if (decimal.matches()) {
      return intoDecimal(source, target, decimal);
    }
    if (target.startsWith("Enum")) {
      return intoEnum(source, target);
    }
    return target.equals("Bool") && BITS.containsKey(source.type())
        ? source.castType() + " into Bool"
        : null;
  }

  private static String intoWhole(SourceColumn source, String target, Matcher whole) {
    int room = Integer.parseInt(whole.group(2));
    boolean unsigned = !whole.group(1).isEmpty();
    Integer bits = BITS.get(source.type());
    boolean negative = bits != null && !source.type().equals("oid");
    if (bits != null) {
      boolean fits = unsigned ? !negative && bits - 1 <= room : bits <= room;
      return fits ? null : source.castType() + " into " + target;
    }
    int digits = source.traits().precision();
    if (!source.type().equals("numeric") || digits == 0) {
      return null;
    }
    int whole10 = digits - source.traits().scale();
    boolean fits = source.traits().scale() <= 0 && whole10 <= digitsOf(room) && !unsigned;
    return fits ? null : source.castType() + " into " + target;
  }

  /**
   * What of a key is left in a coarser fact column, in Postgres's SQL over the column ({@code {}});
   * null where keys that differ stay different.
   */
  static String coarser(SourceColumn source, FactColumn fact) {
    String target = fact.plainType();
    boolean clock = source.type().startsWith("timestamp");
    if (clock && target.matches("U?Int64")) {
      return truncated(3);
    } else if (clock && target.startsWith("DateTime64(")) {
      int precision = Integer.parseInt(target.replaceAll("DateTime64\\((\\d+).*", "$1"));
      return precision >= 6 ? null : truncated(precision);
    } else if (clock && target.startsWith("DateTime")) {
      return truncated(0);
    } else if (clock && target.startsWith("Date")) {
      return "date_trunc('day', {})";
    } else if (target.equals("Float32") || target.equals("Float64")) {
      boolean exact =
          source.type().equals(target.equals("Float32") ? "float4" : "float8")
              || source.type().equals("int2")
              || source.type().equals("int4") && target.equals("Float64")
              || source.type().equals("float4");
      return exact ? null : "{}::float" + target.substring(5).replace("32", "4").replace("64", "8");
    }
    return null;
  }

  private static String truncated(int digits) {
    return "floor(extract(epoch FROM {}) * 1" + "0".repeat(digits) + ")";
  }

  /** How many decimal digits always fit. */
  private static int digitsOf(int bits) {
    return (int) Math.floor((bits - 1) * Math.log10(2));
  }

  private static String intoDecimal(SourceColumn source, String target, Matcher decimal) {
    int scale = Integer.parseInt(decimal.group(2));
    int whole = Integer.parseInt(decimal.group(1)) - scale;
    int wholeThere;
    int scaleThere;
    switch (source.type()) {
      case "numeric" -> {
        if (source.traits().precision() == 0) {
          return null; // As many digits as there are: only the values tell.
        }
        scaleThere = Math.max(0, source.traits().scale());
        wholeThere = source.traits().precision() - source.traits().scale();
      }
      case "int2" -> {
        scaleThere = 0;
        wholeThere = 5;
      }
      case "int4", "oid" -> {
        scaleThere = 0;
        wholeThere = 10;
      }
      case "int8" -> {
        scaleThere = 0;
        wholeThere = 19;
      }
      default -> {
        return null;
      }
    }
    return wholeThere <= whole && scaleThere <= scale
        ? null
        : source.castType() + " into " + target;
  }

  private static String intoEnum(SourceColumn source, String target) {
    if (!source.isEnum()) {
      return null;
    }
    List<String> missing = new ArrayList<>(source.traits().labels());
    Matcher labels = LABEL.matcher(target);
    while (labels.find()) {
      missing.remove(labels.group(1).replaceAll("\\\\(.)", "$1"));
    }
    return missing.isEmpty()
        ? null
        : missing.size()
            + " labels of "
            + source.castType()
            + " are not in "
            + target.substring(0, 5);
  }
}
