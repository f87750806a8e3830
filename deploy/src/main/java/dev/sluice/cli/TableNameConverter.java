package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a table's name as psql does; what is none is a wrong use of the command. */
final class TableNameConverter implements ITypeConverter<TableName> {

  @Override
  public TableName convert(String text) {
    try {
      return TableName.parse(text, "the name");
    } catch (SluiceException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
