#!/usr/bin/perl
# configure.pl FILE: sets what standard input says, `section.key = value` a line, in a configuration that has every setting.
use strict;
use warnings;

my %wanted;
while (<STDIN>) { $wanted{"$1"} = $2 if /^(\S+) = (.*)$/ }
my $file = shift;
open(my $in, "<", $file) or die "$file: $!";
my ($section, @lines) = ("");
while (<$in>) {
  $section = $1 if /^\[([^\]]+)\]/;
  if (/^#?\s*([a-z_]+) = / && exists $wanted{"$section.$1"}) { $_ = "$1 = " . delete($wanted{"$section.$1"}) . "\n" }
  push @lines, $_;
}
die "not in $file: " . join(" ", sort keys %wanted) . "\n" if %wanted;
open(my $out, ">", $file) or die "$file: $!";
print $out @lines;
