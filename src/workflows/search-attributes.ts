import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Typed keys of the search attributes that a run changes at phase edges. */
export const phaseAttribute = defineSearchAttributeKey('Phase', SearchAttributeType.KEYWORD);
export const attentionAttribute = defineSearchAttributeKey(
  'Attention',
  SearchAttributeType.KEYWORD,
);
