"""Operations: the one write path, with four doors (REST, command, job, form)."""
