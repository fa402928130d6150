#!/usr/bin/perl
# Runs beside the doorbell: moves its inputs and watches its outputs, all of them files that hold 0 and 1 or a word.
# Takes a line each on standard input: `set FILE WORD`, `wait MS`, `watch NAME FILE`, `mark TEXT`. Answers `done` to `mark`.
# Prints `SECONDS NAME VALUE` whenever a watched file has changed. Part of every Debian: no package is needed.
use strict;
use warnings;
use IO::Select;
use Time::HiRes qw(time sleep);

$| = 1;
my (%files, %last, @todo);
my $rest = "";
my $in = IO::Select->new(\*STDIN);
my $due = 0;

sub look {
  for my $name (keys %files) {
    open(my $file, "<", $files{$name}) or next;
    my $value = <$file>;
    close $file;
    next unless defined $value;
    chomp $value;
    next if defined $last{$name} && $last{$name} eq $value;
    $last{$name} = $value;
    printf "%.4f %s %s\n", time, $name, $value;
  }
}

while (1) {
  # Outputs change in tens of milliseconds at the fastest; looking more often costs an emulated processor a quarter of its time.
  my $wait = @todo ? (time >= $due ? 0 : 0.002) : 0.04;
  if ($in->can_read($wait)) {
    my $got = sysread(STDIN, my $part, 65536);
    exit 0 unless $got;
    $rest .= $part;
    while ($rest =~ s/^([^\n]*)\n//) { push @todo, $1 }
  }
  while (@todo && time >= $due) {
    my ($op, @words) = split / /, shift @todo;
    if ($op eq "set") {
      open(my $file, ">", $words[0]) or do { print "error $words[0]: $!\n"; next };
      print $file "$words[1]\n";
      close $file;
    } elsif ($op eq "wait") {
      # A short wait is kept exactly: this machine may be busy.
      if ($words[0] < 20) { my $end = time + $words[0] / 1000; 1 while time < $end }
      else { $due = time + $words[0] / 1000 }
    } elsif ($op eq "watch") {
      $files{$words[0]} = $words[1];
    } elsif ($op eq "mark") {
      printf "%.4f mark %s\n", time, join " ", @words;
    }
  }
  look();
}
