"""Where a site stands now: facts from its files, judged by the clock of now, told in many forms."""
