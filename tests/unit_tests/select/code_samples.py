"""One short file in each language that is cut: classes, nested parts, comments, other scripts than Latin."""

PYTHON = (
    '''"""Stacks of things.

More words on what a stack is and why one would want to have a second one of them.
"""

from __future__ import annotations

import logging

LIMIT = 64
TABLE = {
'''
    + "".join(f'    "schlüssel_{n}": "värde {n}",\n' for n in range(30))
    + '''}


class Stapel(list):
    """Ein Stapel.

    Er hat oben und unten, 上 und 下, and it tells which of them is which when somebody asks.
    """

    depth: int = 0

    @property
    def top(self) -> object:
        """The top.

        Raises:
            IndexError: If nothing is there.
        """
        if not self:
            raise IndexError("größe null")  # ja
        return self[-1]

    async def drain(self, limit=LIMIT):
        # every one of them
        while self and limit:
            limit -= 1
            self.pop()
            logging.info("gone: %s — %d", self, limit)


def outer(n):
    def inner(m):
        return [m * k for k in range(m) if k % 2 == 0 or k > 12 or m < 3]
    return inner(n) + inner(n + 1)  # both


if __name__ == "__main__":
    for argument in ["eins", "zwei", "drei"]:
        print(outer(len(argument)), Stapel().top)
'''
)

JAVASCRIPT = """'use strict';
const fs = require('fs');

/**
 * Reads a list.
 * It does so line by line and gives what it finds, the blank ones and those with a hash left out.
 * @param {string} path where to read
 * @returns {string[]} lines
 */
function read(path) {
  const text = fs.readFileSync(path, 'utf8');
  return text.split('\\n').filter((line) => line && !line.startsWith('#'));
}

class Warenkorb extends Map {
  static size = 3
  constructor(...items) {
    super();
    for (const item of items) { this.set(item.größe, item); }
  }
  get total() {
    return [...this.values()].reduce((sum, item) => sum + item.preis * item.anzahl, 0);
  }
}

module.exports = {
  read,
  Warenkorb,
  async later(ms) {
    await new Promise((resolve) => setTimeout(resolve, ms, 'später', 'more', 'and more'));
    return `after ${ms} ms — ${new Date().toISOString()}`;
  },
};

describe('Warenkorb', () => {
  it('adds up', () => {
    const basket = new Warenkorb({ größe: 1, preis: 2, anzahl: 3 });
    expect(basket.total).toBe(6);
  });
});
"""

TYPESCRIPT = """import { Injectable } from '@core';
import type { Offer } from './offer';

export interface Basket { id: string; offers: readonly Offer[]; note?: string }

@Injectable()
export class Shop<T extends Offer> {
  private readonly seen: Map<string, T> = new Map();

  @Log('add')
  public add(offer: T, times: number = 1): void {
    for (let n = 0; n < times; n++) {
      this.seen.set(`${offer.id}-${n}`, offer as unknown as T);
    }
  }

  find(id: string): T | undefined;
  find(id: string, fallback?: T): T | undefined {
    const found = this.seen.get(id) ?? fallback;
    return found === undefined ? undefined : found;
  }
}

namespace Money {
  export const round = (value: number): number => {
    const cents = Math.round(value * 100);
    return cents / 100 + 0 /* keine Änderung */;
  };
}
"""

TSX = """import React from 'react';

type Props = { name: string; onDone?: () => void };

export const Hello = React.memo(({ name, onDone }: Props) => {
  const [open, setOpen] = React.useState<boolean>(false);
  return (
    <div onClick={() => { setOpen(!open); onDone?.(); console.log('geöffnet', open, name); }}>
      <b>{name}</b>
    </div>
  );
});

export default function App(): JSX.Element {
  const names: string[] = ['Ünal', 'Åsa', '李'];
  return <>{names.map((name) => <Hello key={name} name={name} />)}</>;
}
"""

GO = (
    """package shop

import (
	"errors"
	"fmt"
)

// Offer is what can be bought.
type Offer struct {
	Name  string
	Price int
}

var prices = map[string]int{
"""
    + "".join(f'\t"artikel-{n}": {n * 7},\n' for n in range(40))
    + """}

// Total adds up.
// It stops at the first offer that has no price, and tells its name in the error that it gives,
// so that the caller can mend the list of prices and try once more.
func (s *Shop) Total(offers []Offer) (int, error) {
	sum := 0
	for _, offer := range offers {
		if offer.Price == 0 {
			return 0, fmt.Errorf("%w: %s größe", errors.New("no price"), offer.Name)
		}
		sum += offer.Price
	}
	return sum, nil
}

func main() {
	run := func(n int) int {
		return n*2 + len(prices) + len("日本語 and some more text here")
	}
	fmt.Println(run(2))
}
"""
)

RUST = """//! Stacks.
use std::collections::HashMap;

#[derive(Debug, Clone)]
pub struct Stack<T> {
    items: Vec<T>,
}

impl<T: Clone> Stack<T> {
    /// Takes the top.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let länge = self.items.len();
        if länge == 0 { return None; }
        self.items.pop()
    }

    #[must_use]
    pub fn tally(&self) -> HashMap<usize, T> {
        self.items.iter().cloned().enumerate().filter(|(n, _)| n % 2 == 0).collect()
    }
}

macro_rules! twice {
    ($e:expr) => {{ let first = $e; let second = $e; (first, second) }};
}

mod tests {
    use super::*;
    #[test]
    fn pops() {
        let mut stack = Stack { items: vec![1, 2, 3] };
        assert_eq!(stack.pop(), Some(3), "größer als gedacht");
    }
}

fn main() {
    let names = ["eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben"];
    println!("{} {:?}", names.len(), twice!(names[0]));
}
"""

JAVA = """package shop.till;

import java.util.List;
import java.util.Map;

/**
 * A till.
 * It has a drawer, and in the drawer there is money, of which a part belongs to the shop itself and
 * the rest is change that was there in the morning.
 */
@Service
public final class Till<T extends Offer> implements Drawer {
    private static final int[] COINS = {1, 2, 5, 10, 20, 50};
    private final Map<String, T> offers;

    public Till(Map<String, T> offers) {
        this.offers = Map.copyOf(offers);
        if (offers.isEmpty()) throw new IllegalArgumentException("keine Angebote — größe 0");
    }

    @Override
    public int total(List<String> names) {
        return names.stream().map(offers::get).mapToInt(offer -> {
            int price = offer.price();
            return price > 0 ? price : COINS[0] + COINS[1] + COINS[2];
        }).sum();
    }

    enum State { OPEN, CLOSED; boolean isOpen() { return this == OPEN || this.name().startsWith("OPEN_") || false; } }
}
"""

C = """#ifndef STACK_H
#define STACK_H
#include <stdio.h>
#include "stack.h"

#define MAX(a, b) ((a) > (b) ? (a) : (b))

struct stack { int top; int items[64]; };

static const char *names[] = { "eins", "zwei", "größe" };

/* Pushes one item. */
static int push(struct stack *s, int item)
{
	if (s->top >= 64) {
		fprintf(stderr, "voll: %d größer\\n", item);
		return -1;
	}
	s->items[s->top++] = item;
	return 0;
}

#ifdef DEBUG
void dump(const struct stack *s)
{
	for (int n = 0; n < s->top; n++)
		printf("%d: %d %s\\n", n, s->items[n], names[n % 3]);
}
#else
void dump(const struct stack *s);
#endif

int main(void)
{
	struct stack s = { 0 };
	push(&s, MAX(3, 4));
	dump(&s);
	return s.top == NULL ? 1 : 0;
}
#endif
"""

CPP = """#include <string>
#include <vector>

namespace shop {

template <typename T>
class Till : public Drawer {
 public:
  explicit Till(std::vector<T> offers) : offers_(std::move(offers)), open_(true) {
    if (offers_.empty()) throw std::runtime_error("keine Angebote: größe 0");
  }
  virtual ~Till() = default;

  int total() const {
    auto price = [](const T& offer) { return offer.price() > 0 ? offer.price() : 1; };
    int sum = 0;
    for (const auto& offer : offers_) sum += price(offer);
    return sum;
  }

 private:
  std::vector<T> offers_;
  bool open_;
};

std::string Drawer::name() const {
  static const std::string prefix = "schublade-";
  return prefix + std::to_string(static_cast<int>(this->number_)) + "-日本";
}

}  // namespace shop
"""

RUBY = """# frozen_string_literal: true

require 'json'

module Shop
  # A till.
  class Till < Drawer
    attr_reader :offers
    COINS = %w[1 2 5].freeze

    def initialize(offers)
      @offers = offers.map { |offer| [offer.name, offer] }.to_h
      raise ArgumentError, 'keine Angebote: größe 0' if offers.empty?
    end

    # Adds up.
    def total(names)
      names.sum do |name|
        @offers.fetch(name).price
      end
    rescue KeyError => e
      warn "kein Preis für #{e.key} — #{e.message}"
      nil
    end

    def self.open?(path)
      text = <<~TEXT
        opening
          #{path} and more of it
      TEXT
      puts text
      true
    end
  end
end

RSpec.describe Shop::Till do
  it 'adds up' do
    till = Shop::Till.new([])
    expect(till.total(%w[a b c])).to eq(3)
    expect(till.total([])).to be_zero
  end
end
"""

CSHARP = """using System;
using System.Threading.Tasks;

namespace Shop.Tills
{
    /// <summary>A till.</summary>
    [Serializable]
    public class Till<T> : Drawer where T : Offer
    {
        private readonly int[] coins = { 1, 2, 5 };
        public string Name { get; set; } = "größe";

        public int Total
        {
            get
            {
                var sum = 0;
                foreach (var offer in this.Offers) { sum += offer.Price > 0 ? offer.Price : coins[0]; }
                return sum;
            }
        }

        #region opening
        public async Task<bool> OpenAsync(string path)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
            Console.WriteLine($"opening {path} — {Name}");
            return true;
        }
        #endregion
    }

    internal enum State { Open, Closed }
}
"""

SAMPLES = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": TSX,
    "go": GO,
    "rust": RUST,
    "java": JAVA,
    "c": C,
    "cpp": CPP,
    "ruby": RUBY,
    "csharp": CSHARP,
}
